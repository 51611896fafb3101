//! A private PostgreSQL that is gone afterwards: for the demo, for tests, for a first look.
//!
//! It is made from the installed programs in a temporary folder, listens on a Unix socket in that folder only (no TCP, so no port and
//! no password), and is removed whatever happens. That last part is a shell's job: it holds the other end of a pipe, and when this
//! process ends in any manner the pipe closes, whereupon the shell stops the server and removes the folder.
//!
//! Settings: `fsync` and `full_page_writes` are off, because nothing here outlives the machine; `synchronous_commit` stays on, so that
//! a committed transaction survives a crash of the server itself.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read},
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

use super::connect::Address;

/// Where Debian and its kin keep the programs, by version.
const INSTALLED: &str = "/usr/lib/postgresql";
const INSTALL: &str = "apt-get install --no-install-recommends postgresql-15 postgresql-15-postgis-3";

const SETTINGS: &str = "-c listen_addresses='' -c unix_socket_permissions=0700 -c fsync=off -c full_page_writes=off \
     -c synchronous_commit=on -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=2GB -c shared_buffers=512MB \
     -c maintenance_work_mem=256MB -c autovacuum_naptime=10s";

// Signals that a terminal sends to the whole group must not end the shell before it has cleaned up.
const GUARD: &str = r#"
trap : HUP INT TERM
bin=$1 folder=$2 settings=$3
clean_up() {
    "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1
    cd / && rm -rf "$folder"
}
if "$bin/initdb" -D "$folder/data" -U holiday --auth=trust --locale=C --encoding=UTF8 --no-sync >"$folder/log" 2>&1 &&
    "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -o "-k '$folder' $settings" start >/dev/null 2>&1
then
    echo ready
    read -r _
    clean_up
else
    tail -n 5 "$folder/log"
    clean_up
    exit 1
fi
"#;

/// A running private PostgreSQL; stopped and removed when dropped.
pub struct Throwaway {
    guard: Child,
    alive: Option<ChildStdin>,
    programs: PathBuf,
    folder: PathBuf,
    owner: Option<Owner>,
}

/// How the server is made to start again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// As an operator does it: transactions are rolled back, connections closed.
    Fast,
    /// As a crash: what was committed comes back from the log.
    Crash,
}

/// Why there is no private PostgreSQL.
#[derive(Debug, thiserror::Error)]
pub enum ThrowawayError {
    /// The programs are not there.
    #[error("there is no PostgreSQL in `{INSTALLED}`\nhint: {INSTALL}")]
    NotInstalled,
    /// The programs are there but PostGIS is not.
    #[error("PostgreSQL {version} has no PostGIS\nhint: {INSTALL}")]
    NoPostgis {
        /// The newest version found.
        version: u32,
    },
    /// PostgreSQL refuses to run as root, and there is no other user for it.
    #[error("PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as")]
    NoUser,
    /// A file or process can't be made.
    #[error("cannot make a private PostgreSQL: {0}")]
    System(#[from] io::Error),
    /// It was started and failed.
    #[error("the private PostgreSQL did not start: {log}")]
    Failed {
        /// The end of its log.
        log: String,
    },
}

#[derive(Clone, Copy)]
struct Owner {
    user: u32,
    group: u32,
}

impl Throwaway {
    /// Makes and starts one. Blocks for a second or two.
    ///
    /// # Errors
    /// PostgreSQL or PostGIS is not installed, or does not start; then nothing is left behind.
    pub fn start() -> Result<Throwaway, ThrowawayError> {
        Throwaway::start_with(&[])
    }

    /// One with these settings of the server, as `name=value`, beside its own; they stay when it is made to start again. Blocks as
    /// [`Throwaway::start`] does.
    ///
    /// # Errors
    /// As [`Throwaway::start`], or a setting has a character that a shell would read.
    pub fn start_with(settings: &[&str]) -> Result<Throwaway, ThrowawayError> {
        Throwaway::start_from(&installed(Path::new(INSTALLED), Path::new("/usr/share/postgresql"))?, settings)
    }

    /// One of another version, of the programs in this folder, whether it has PostGIS or not. Blocks as [`Throwaway::start`] does.
    ///
    /// # Errors
    /// As [`Throwaway::start_with`].
    pub fn start_from(programs: &Path, settings: &[&str]) -> Result<Throwaway, ThrowawayError> {
        let mut all = SETTINGS.to_owned();
        for setting in settings {
            if setting.contains(['\'', '"', '\\', '$', '`', '\n', ' ']) {
                return Err(
                    io::Error::new(io::ErrorKind::InvalidInput, format!("the setting `{setting}`")).into()
                );
            }
            all = format!("{all} -c {setting}");
        }
        let folder = tempfile::Builder::new().prefix("holiday-postgres-").tempdir()?;
        let as_root = fs::metadata(folder.path())?.uid() == 0;
        let owner = if as_root { Some(find_owner(&fs::read_to_string("/etc/passwd")?)?) } else { None };
        if let Some(owner) = owner {
            chown(folder.path(), Some(owner.user), Some(owner.group))?;
        }
        let mut guard = command(Path::new("/bin/sh"), owner);
        guard.arg("-c").arg(GUARD).arg("guard").arg(programs).arg(folder.path()).arg(all);
        let mut guard = guard.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        // From here on the guard removes it.
        let folder = folder.keep();
        let (alive, output) = (guard.stdin.take(), guard.stdout.take());
        let throwaway = Throwaway { guard, alive, programs: programs.to_owned(), folder, owner };
        let mut said = String::new();
        if let Some(output) = output {
            let mut output = BufReader::new(output);
            output.read_line(&mut said)?;
            if said.trim() == "ready" {
                return Ok(throwaway);
            }
            output.read_to_string(&mut said)?;
        }
        Err(ThrowawayError::Failed { log: said.trim().replace('\n', "; ") })
    }

    /// Where to connect.
    pub fn address(&self) -> Address {
        let mut config = tokio_postgres::Config::new();
        config.host_path(&self.folder).user("holiday").dbname("postgres");
        Address::from(config)
    }

    /// Where it can be looked at, as a URL that other programs understand.
    pub fn url(&self) -> String {
        format!("postgres://holiday@/postgres?host={}", self.folder.display())
    }

    /// The folder all of it is in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stops the server and starts it again. Blocks until it answers.
    ///
    /// # Errors
    /// It does not start again.
    pub fn restart(&self, how: Restart) -> Result<(), ThrowawayError> {
        self.restart_with(how, &[])
    }

    /// A restart with more flags of `pg_ctl`.
    fn restart_with(&self, how: Restart, flags: &[&str]) -> Result<(), ThrowawayError> {
        let mode = match how {
            Restart::Fast => "fast",
            Restart::Crash => "immediate",
        };
        let mut control = command(&self.programs.join("pg_ctl"), self.owner);
        control.arg("-D").arg(self.folder.join("data")).arg("-l").arg(self.folder.join("log"));
        control.args(flags).args(["-w", "-m", mode, "restart"]);
        // The server inherits what pg_ctl has; a pipe would stay open as long as it runs.
        let status = control.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if status.success() {
            return Ok(());
        }
        Err(ThrowawayError::Failed { log: format!("`pg_ctl restart` ended with {status}") })
    }
}

#[cfg(test)]
impl Throwaway {
    /// Starts it again so that it also listens on this port of loopback, with TLS. `None` when the port is taken.
    pub(super) fn listen_with_tls(&self, port: u16, certificate_pem: &str, key_pem: &str) -> Option<()> {
        use std::os::unix::fs::PermissionsExt;
        for (name, text) in [("server.crt", certificate_pem), ("server.key", key_pem)] {
            let path = self.folder.join("data").join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            if let Some(owner) = self.owner {
                chown(&path, Some(owner.user), Some(owner.group)).unwrap();
            }
        }
        let folder = self.folder.display();
        let options =
            format!("-k '{folder}' {SETTINGS} -c listen_addresses=127.0.0.1 -c port={port} -c ssl=on");
        self.restart_with(Restart::Fast, &["-o", &options]).ok()
    }
}

impl Drop for Throwaway {
    fn drop(&mut self) {
        // The end of its input tells the guard to clean up.
        drop(self.alive.take());
        let _ = self.guard.wait();
        // The guard empties the folder; only its maker may remove it where others may not write to the folder around it.
        let _ = fs::remove_dir(&self.folder);
    }
}

/// A command of the cluster's owner, in a process group of its own: Ctrl-C is for the service, which ends the cluster in its turn.
fn command(program: &Path, owner: Option<Owner>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir("/").process_group(0);
    if let Some(owner) = owner {
        command.uid(owner.user).gid(owner.group);
    }
    command
}

/// The folder with the programs of the newest version that has PostGIS.
fn installed(programs: &Path, shared: &Path) -> Result<PathBuf, ThrowawayError> {
    let mut versions: Vec<u32> = fs::read_dir(programs)
        .map_err(|_| ThrowawayError::NotInstalled)?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|version| programs.join(format!("{version}/bin/initdb")).exists())
        .collect();
    versions.sort_unstable();
    let newest = *versions.last().ok_or(ThrowawayError::NotInstalled)?;
    let with_postgis = |version: &&u32| shared.join(format!("{version}/extension/postgis.control")).exists();
    let version =
        versions.iter().rev().find(with_postgis).ok_or(ThrowawayError::NoPostgis { version: newest })?;
    Ok(programs.join(format!("{version}/bin")))
}

/// The user to run as, from the text of /etc/passwd.
fn find_owner(passwd: &str) -> Result<Owner, ThrowawayError> {
    let owner = |name: &str| {
        let fields: Vec<_> = passwd
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find(|fields| fields[0] == name)?;
        Some(Owner { user: fields.get(2)?.parse().ok()?, group: fields.get(3)?.parse().ok()? })
    };
    owner("postgres").or_else(|| owner("nobody")).ok_or(ThrowawayError::NoUser)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_with_the_way_to_install_it() {
        let folder = tempfile::tempdir().unwrap();
        let (programs, shared) = (folder.path().join("lib"), folder.path().join("share"));
        let missing = installed(&programs, &shared).unwrap_err().to_string();
        assert!(missing.ends_with("postgresql-15 postgresql-15-postgis-3"), "{missing}");
        for version in [9, 13, 15] {
            fs::create_dir_all(programs.join(format!("{version}/bin"))).unwrap();
            fs::write(programs.join(format!("{version}/bin/initdb")), "").unwrap();
        }
        let without = installed(&programs, &shared).unwrap_err().to_string();
        assert!(without.starts_with("PostgreSQL 15 has no PostGIS"), "{without}");
        fs::create_dir_all(shared.join("13/extension")).unwrap();
        fs::write(shared.join("13/extension/postgis.control"), "").unwrap();
        assert_eq!(installed(&programs, &shared).unwrap(), programs.join("13/bin"));
    }

    #[test]
    fn the_owner_is_postgres_or_else_nobody() {
        let nobody = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\n";
        let owner = find_owner(nobody).unwrap();
        assert_eq!((owner.user, owner.group), (65_534, 65_533));
        let both = format!("{nobody}postgres:x:101:104::/:/bin/sh\n");
        assert_eq!(find_owner(&both).unwrap().user, 101);
        assert!(find_owner("root:x:0:0").is_err());
    }

    #[test]
    fn nothing_is_left_behind() {
        let throwaway = Throwaway::start().unwrap();
        let folder = throwaway.folder().to_owned();
        assert!(folder.join(".s.PGSQL.5432").exists());
        drop(throwaway);
        assert!(!folder.exists());
    }
}
