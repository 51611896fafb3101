//! What a build of PostgreSQL does with equal values of `character(n)`, asked of the build itself.

use crate::live::connect::Session;
use crate::live::explain;

/// The first page of a B-tree says whether equal values are merged: `btm_allequalimage`, a byte behind the page's
/// header of 24 and the 40 bytes of `BTMetaPageData` before it (nbtree.h, as of 13; what is older merges nothing and
/// has 0).
const ASK: &str = "BEGIN; CREATE TEMP TABLE loadline_padded (value character(1)) ON COMMIT DROP; \
     CREATE INDEX loadline_padded_value ON pg_temp.loadline_padded (value)";
const READ: &str =
    "SELECT get_byte(pg_read_binary_file(pg_relation_filepath('pg_temp.loadline_padded_value'), 64, 1), 0)";

/// Whether they are kept apart; `keeper`: the superuser's session, in no transaction.
pub(super) async fn keeps_padded_apart(keeper: &Session) -> Result<bool, String> {
    let asked = async {
        keeper.batch_execute(ASK).await?;
        let row = keeper.query_one(READ, &[]).await?;
        Ok(row.get::<_, i32>(0) == 0)
    };
    let answer = asked.await.map_err(|error: tokio_postgres::Error| explain(&error));
    keeper.batch_execute("ROLLBACK").await.map_err(|error| explain(&error))?;
    answer
}
