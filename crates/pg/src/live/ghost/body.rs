//! The body of a ghost: what each of its relations looks like to the planner, in its files and in `pg_class`.
//!
//! `CREATE INDEX` counts the rows of its table again and finds none (until 17), so a trigger of the superuser's puts
//! the table's figures back; what rewrites a table gives it an empty file, and [`Body::settle`] lengthens it again.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::PathBuf;

use super::cluster::Cluster;
use super::ends::{Edge, Entries};
use super::lengths::{Head, Shape};
use super::numbers::{Numbers, number, rows, text};
use crate::ghost::{Counts, PAGE_BYTES};
use crate::live::connect::{Session, explain};
use crate::portrait::{Loss, Portrait, Relation};

/// Rows of `pg_class` said at once.
const AT_ONCE: usize = 500;
/// Numbers of files begin here: a server counts up from 16,384, and looks whether a number is taken.
const FIRST_NUMBER: u32 = 4_000_000_000;
/// Files that may be left over before they are removed.
const LEFT: usize = 200;

/// Figures of `pg_class`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Figures {
    pub(super) pages: i32,
    pub(super) tuples: f32,
    pub(super) visible: i32,
    pub(super) frozen: i32,
}

#[derive(Debug)]
struct Known {
    shape: Shape,
    figures: Figures,
    /// The number of its file.
    file: u32,
}

/// What the relations of a ghost look like, by number.
#[derive(Debug)]
pub(super) struct Body {
    of: HashMap<u32, Known>,
    /// What indexed columns begin and end with, by table and column.
    edges: HashMap<(u32, i16), Edge>,
    next_file: u32,
    /// Files that are no relation's any more.
    left: Vec<PathBuf>,
    knows_frozen: bool,
    /// The largest number that was given when it was last looked.
    newest: u32,
    /// Empty files for tables that are set aside, by table: its own file, and the empty one.
    aside: HashMap<u32, (u32, u32)>,
}

/// Where a relation's file is.
pub(super) struct Place {
    pub(super) relation: u32,
    pub(super) file: u32,
    pub(super) path: PathBuf,
}

impl Place {
    pub(super) fn of(row: &[Option<String>]) -> Self {
        Self { relation: number(row, 0), file: number(row, 1), path: PathBuf::from(text(row, 2)) }
    }
}

/// From here on the catalogues are asked for a few rows at a time, and nobody has counted them.
const FEW: &str =
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off";

const PLACES: &str = "SELECT oid, relfilenode, pg_relation_filepath(oid) FROM pg_class \
     WHERE relkind IN ('r', 'i', 'm') AND oid >= 16384 AND relfilenode <> 0";
const TABLES: &str = "SELECT oid, relfilenode, pg_relation_filepath(oid) FROM pg_class \
     WHERE relkind IN ('r', 'm') AND oid >= 16384 AND relfilenode <> 0";

/// Bytes of a table from which on its holes take longer to read than another file to give.
const LARGE: u64 = 1 << 20;

impl Body {
    /// Gives every relation of a new ghost its shape.
    pub(super) async fn build(
        cluster: &Cluster,
        session: &Session,
        portrait: &Portrait,
        numbers: &Numbers,
        entries: Entries,
        lost: &mut Vec<Loss>,
    ) -> Result<Self, String> {
        let mut body = Self {
            of: HashMap::new(),
            edges: entries.edges,
            next_file: FIRST_NUMBER,
            left: Vec::new(),
            knows_frozen: portrait.server.major() >= 18,
            newest: 16_383,
            aside: HashMap::new(),
        };
        let places: Vec<Place> = rows(session, PLACES).await?.iter().map(|row| Place::of(row)).collect();
        // Extensions bring rows along, and indexes of them that are as they should be.
        let is_filled =
            |place: &&Place| cluster.data().join(&place.path).metadata().is_ok_and(|file| file.len() > 0);
        let filled: HashSet<u32> = places.iter().filter(is_filled).map(|place| place.relation).collect();
        let mut places: HashMap<u32, Place> =
            places.into_iter().map(|place| (place.relation, place)).collect();
        let mut of_entries = entries.of;
        let mut changed = Vec::new();
        let counts: HashMap<u32, Counts> = portrait.counts.iter().copied().collect();
        for (place, relation) in portrait.relations.iter().enumerate() {
            let Some(here) = numbers.relation(&relation.schema, &relation.name) else { continue };
            let figures = Figures {
                pages: relation.pages,
                tuples: relation.tuples,
                visible: relation.all_visible,
                frozen: relation.all_frozen,
            };
            let table = relation.table.and_then(|table| portrait.relations.get(table as usize));
            let table_here = table.and_then(|table| numbers.relation(&table.schema, &table.name));
            let has_rows = table_here.is_some_and(|table| filled.contains(&table));
            let shape = Shape {
                bytes: relation.bytes,
                head: if has_rows {
                    Head::Nothing
                } else {
                    head(relation, table, of_entries.remove(&here), counts.get(&(place as u32)))
                },
                is_seen: entries.tables.contains(&here) && !filled.contains(&here),
            };
            let mut file = 0;
            if let Some(place) = places.remove(&here) {
                match body.write(cluster, &place, &shape) {
                    Ok(number) => file = number,
                    Err(error) => lost.push(Loss {
                        what: format!("the size of {}.{}", relation.schema, relation.name),
                        why: error.to_string(),
                    }),
                }
            }
            changed.push((here, figures, file));
            body.of.insert(here, Known { shape, figures, file });
        }
        body.say(session, &changed).await?;
        body.keep(session).await?;
        session.batch_execute(FEW).await.map_err(|error| explain(&error))?;
        Ok(body)
    }

    /// Gives a relation its shape; the number of its file from now on.
    fn write(&mut self, cluster: &Cluster, place: &Place, shape: &Shape) -> io::Result<u32> {
        let path = cluster.data().join(&place.path);
        if !shape.write(cluster, &path, self.next_file)? {
            return Ok(place.file);
        }
        self.left.push(path);
        self.next_file += 1;
        Ok(self.next_file - 1)
    }

    /// Gives relations another shape.
    pub(super) async fn change(
        &mut self,
        cluster: &Cluster,
        session: &Session,
        all: Vec<(Place, Shape, Figures)>,
    ) -> Result<(), String> {
        let mut changed = Vec::new();
        for (place, shape, figures) in all {
            let file = self.write(cluster, &place, &shape).map_err(|error| error.to_string())?;
            changed.push((place.relation, figures, file));
            self.of.insert(place.relation, Known { shape, figures, file });
        }
        self.say(session, &changed).await?;
        self.tidy(session).await
    }

    /// Gives back their shape to relations that were rewritten, and their figures to those that were counted anew.
    pub(super) async fn settle(&mut self, cluster: &Cluster, session: &Session) -> Result<(), String> {
        let places = rows(session, PLACES).await?;
        let places: HashMap<u32, Place> =
            places.iter().map(|row| Place::of(row)).map(|place| (place.relation, place)).collect();
        self.of.retain(|relation, known| known.file == 0 || places.contains_key(relation));
        let others = places.into_values().filter_map(|place| {
            let known = self.of.get(&place.relation)?;
            (known.file != place.file).then(|| (known.shape.clone(), known.figures, place))
        });
        let others: Vec<_> = others.map(|(shape, figures, place)| (place, shape, figures)).collect();
        self.change(cluster, session, others).await?;
        let all: Vec<(u32, Figures, u32)> =
            self.of.iter().map(|(relation, known)| (*relation, known.figures, 0)).collect();
        self.say(session, &all).await
    }

    /// Gives tables empty files, so that making an index does not read their holes, of which large ones have millions.
    pub(super) async fn set_aside(&mut self, cluster: &Cluster, session: &Session) -> Result<(), String> {
        let places = rows(session, TABLES).await?;
        for place in places.iter().map(|row| Place::of(row)) {
            let is_large = self.of.get(&place.relation).is_some_and(|known| known.shape.bytes >= LARGE);
            if !is_large || self.aside.get(&place.relation).is_some_and(|(own, _)| *own == place.file) {
                continue;
            }
            let empty = cluster.data().join(&place.path).with_file_name(self.next_file.to_string());
            std::fs::File::create_new(&empty)
                .and_then(|_| cluster.give(&empty))
                .map_err(|error| error.to_string())?;
            self.aside.insert(place.relation, (place.file, self.next_file));
            self.next_file += 1;
        }
        self.swap(session, |(own, empty)| (own, empty)).await
    }

    /// Gives tables that were set aside their files again.
    pub(super) async fn put_back(&mut self, session: &Session) -> Result<(), String> {
        self.swap(session, |(own, empty)| (empty, own)).await
    }

    async fn swap(&self, session: &Session, of: impl Fn((u32, u32)) -> (u32, u32)) -> Result<(), String> {
        let mut all: Vec<(u32, (u32, u32))> = self.aside.iter().map(|(table, of)| (*table, *of)).collect();
        all.sort_unstable();
        for some in all.chunks(AT_ONCE) {
            let values = some.iter().map(|(table, files)| {
                let (from, to) = of(*files);
                format!("({table}::oid, {from}::oid, {to}::oid)")
            });
            let update = format!(
                "UPDATE pg_class c SET relfilenode = v.given FROM (VALUES {}) AS v(oid, taken, given) \
                 WHERE c.oid = v.oid AND c.relfilenode = v.taken",
                values.collect::<Vec<_>>().join(", ")
            );
            session.batch_execute(&update).await.map_err(|error| explain(&error))?;
        }
        Ok(())
    }

    /// Removes files that nobody has, once the server has no page of them left to write.
    async fn tidy(&mut self, session: &Session) -> Result<(), String> {
        if self.left.len() >= LEFT {
            session.batch_execute("CHECKPOINT").await.map_err(|error| explain(&error))?;
            for path in self.left.drain(..) {
                // One that cannot go now goes with the cluster.
                let _ = std::fs::remove_file(path);
            }
        }
        Ok(())
    }

    /// Whatever is made from now on has a larger number.
    pub(super) fn newest(&self) -> u32 {
        self.newest
    }

    pub(super) fn has_made(&mut self, number: u32) {
        self.newest = self.newest.max(number);
    }

    /// Pages of a table.
    pub(super) fn pages(&self, table: u32) -> u64 {
        self.of.get(&table).map_or(0, |known| known.shape.bytes / PAGE_BYTES as u64)
    }

    /// What a column of a table begins and ends with.
    pub(super) fn edge(&self, table: u32, column: i16) -> Option<&Edge> {
        self.edges.get(&(table, column))
    }

    /// Tells the catalogue.
    async fn say(&self, session: &Session, changed: &[(u32, Figures, u32)]) -> Result<(), String> {
        let frozen = if self.knows_frozen { ", relallfrozen = v.frozen" } else { "" };
        for some in changed.chunks(AT_ONCE) {
            let values = some.iter().map(|(relation, figures, file)| {
                let Figures { pages, tuples, visible, frozen } = figures;
                format!("({relation}::oid, {pages}, '{tuples}'::float4, {visible}, {frozen}, {file}::oid)")
            });
            let update = format!(
                "UPDATE pg_class c SET relpages = v.pages, reltuples = v.tuples, relallvisible = v.visible{frozen}, \
                 relfilenode = CASE WHEN v.file <> 0 THEN v.file ELSE c.relfilenode END \
                 FROM (VALUES {}) AS v(oid, pages, tuples, visible, frozen, file) WHERE c.oid = v.oid",
                values.collect::<Vec<_>>().join(", ")
            );
            session.batch_execute(&update).await.map_err(|error| explain(&error))?;
        }
        Ok(())
    }

    /// From now on a new index does not change what is known of its table. The superuser's function reads nothing but
    /// numbers; its owner's and everybody else's names are not looked at.
    async fn keep(&self, session: &Session) -> Result<(), String> {
        let frozen = if self.knows_frozen { ", relallfrozen = f.frozen" } else { "" };
        let mut text = format!(
            "CREATE TABLE pg_catalog.loadline_figures (relation oid PRIMARY KEY, pages int4, tuples float4, \
             visible int4, frozen int4); \
             CREATE FUNCTION pg_catalog.loadline_keep() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER \
             SET search_path = pg_catalog, pg_temp AS $keep$ \
             DECLARE made oid; of oid; \
             BEGIN FOR made IN SELECT objid FROM pg_event_trigger_ddl_commands() LOOP \
                 SELECT i.indrelid INTO of FROM pg_index i WHERE i.indexrelid = made; \
                 FOR of IN SELECT coalesce(of, made) UNION SELECT relid FROM pg_partition_tree(coalesce(of, made)) LOOP \
                     UPDATE pg_class c SET relpages = f.pages, reltuples = f.tuples, relallvisible = f.visible{frozen} \
                     FROM loadline_figures f WHERE f.relation = of AND c.oid = of; \
                 END LOOP; \
             END LOOP; END$keep$; \
             CREATE EVENT TRIGGER loadline_keep ON ddl_command_end WHEN TAG IN ('CREATE INDEX', 'ALTER TABLE') \
             EXECUTE FUNCTION pg_catalog.loadline_keep()"
        );
        let tables =
            self.of.iter().filter(|(_, known)| known.figures.pages > 0 || known.figures.tuples >= 0.0);
        let values = tables.map(|(relation, known)| {
            let Figures { pages, tuples, visible, frozen } = known.figures;
            format!("({relation}, {pages}, '{tuples}', {visible}, {frozen})")
        });
        let values: Vec<String> = values.collect();
        for some in values.chunks(AT_ONCE) {
            text += &format!("; INSERT INTO pg_catalog.loadline_figures VALUES {}", some.join(", "));
        }
        session.batch_execute(&text).await.map_err(|error| explain(&error))
    }
}

/// What an index says itself.
fn head(
    relation: &Relation,
    table: Option<&Relation>,
    entries: Option<Vec<Vec<u8>>>,
    counts: Option<&Counts>,
) -> Head {
    let Some(index) = relation.index.as_ref().filter(|_| relation.kind == 'i') else { return Head::Nothing };
    match index.method.as_str() {
        "btree" if index.height > 0 || entries.is_some() => {
            Head::Tree(index.height, entries.unwrap_or_default())
        }
        "brin" => {
            Head::Ranges(index.pages_per_range, table.map_or(0, |table| table.bytes) / PAGE_BYTES as u64)
        }
        "gin" => counts.map_or(Head::Nothing, |counts| Head::Counts(*counts)),
        _ => Head::Nothing,
    }
}
