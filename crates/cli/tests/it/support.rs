//! A private folder, the binary in it, and servers that end with the test.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// Set for a whole run of the tests: how many users share a realm. The scripts then behave as they do in the other
/// mode.
const VUS_PER_REALM: &str = "TEST_VUS_PER_REALM";

/// A private folder to run `loadline` in.
pub(crate) struct Folder {
    dir: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// A folder with these files: path and content.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self::new();
        for (path, content) in files {
            folder.write(path, content);
        }
        folder
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// The binary, to be run in this folder, with none of the caller's options in its environment.
    pub(crate) fn loadline<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = self.shell([env!("CARGO_BIN_EXE_loadline")]);
        command.args(arguments);
        command
    }

    /// Another command here, with none of our variables.
    pub(crate) fn shell<A: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = A>) -> Command {
        // Whoever started the tests may want signals ignored, as `nohup` does; these tests send them.
        let mut command = Command::new("env");
        command.arg("--default-signal=HUP,INT,QUIT,TERM").args(words);
        for (name, _) in std::env::vars_os() {
            let shown = name.to_string_lossy();
            if shown.starts_with("K6_") || shown.starts_with("LOADLINE_") {
                command.env_remove(&name);
            }
        }
        if let Some(number) = std::env::var_os(VUS_PER_REALM) {
            command.env("LOADLINE_VUS_PER_REALM", number);
        }
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Ended {
        ended(&mut self.loadline(arguments))
    }
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Fails the test, with everything that was printed, unless the code is this one.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "\n--- standard output\n{}\n--- standard error\n{}",
            self.out,
            self.err
        );
        self
    }
}

/// A command that goes on, and what it says on standard error.
pub(crate) struct Talking {
    child: Child,
    lines: BufReader<std::process::ChildStderr>,
    err: String,
}

impl Talking {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        Self { child, lines, err: String::new() }
    }

    /// The next line with this in it, which has to come.
    #[track_caller]
    pub(crate) fn line_with(&mut self, fragment: &str) -> String {
        let before = self.err.len();
        self.until(fragment);
        self.err[before..].lines().last().unwrap_or_default().to_owned()
    }

    /// Waits for a line with this in it. Whether it came before the command ended.
    pub(crate) fn says(&mut self, fragment: &str) -> bool {
        loop {
            let before = self.err.len();
            if self.lines.read_line(&mut self.err).unwrap() == 0 {
                return false;
            }
            if self.err[before..].contains(fragment) {
                return true;
            }
        }
    }

    /// Waits for a line with this in it, which has to come.
    #[track_caller]
    pub(crate) fn until(&mut self, fragment: &str) {
        assert!(self.says(fragment), "`{fragment}` never came:\n{}", self.err);
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    /// Whether it has a handler for the signal.
    pub(crate) fn catches(&self, signal: rustix::process::Signal) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap().trim();
        u64::from_str_radix(caught, 16).unwrap() >> (signal.as_raw() - 1) & 1 == 1
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        while self.lines.read_line(&mut self.err).unwrap() > 0 {}
        let output = self.child.wait_with_output().unwrap();
        Ended { code: output.status.code(), out: String::from_utf8(output.stdout).unwrap(), err: self.err }
    }
}

/// Runs a command to its end.
pub(crate) fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A server that ends with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    folder: Option<TempDir>,
}

impl Server {
    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What nginx has written down of requests to `/logged`, once there are so many lines.
    pub(crate) fn logged(&self, lines: usize) -> Vec<String> {
        let path = self.folder.as_ref().unwrap().path().join("access.log");
        loop {
            // A line is written when its response is out, so the last ones may come a moment later.
            let log = std::fs::read_to_string(&path).unwrap_or_default();
            if log.lines().count() >= lines {
                return log.lines().map(str::to_owned).collect();
            }
            std::thread::yield_now();
        }
    }

    /// Ends it now, without warning.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it now; another nginx takes its place.
    pub(crate) fn replace(mut self) -> Self {
        self.kill();
        let port = self.url.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap();
        try_nginx(port, "").expect("nobody else has taken the port")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The reference system with a small catalogue.
pub(crate) fn holiday(flags: &[&str]) -> Server {
    let mut child = Command::new(env!("CARGO_BIN_EXE_loadline"))
        .args(["holiday", "serve", "--listen", "127.0.0.1:0", "--programs", "2000"])
        .args(["--load-test-accounts", "20", "--exit-with-parent"])
        .args(flags)
        .env("LOAD_TEST_PASSWORD", "correct horse battery staple")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let url = line
        .trim()
        .strip_prefix("listening on ")
        .unwrap_or_else(|| panic!("holiday said {line:?}"))
        .to_owned();
    Server { child, url, folder: None }
}

/// An nginx worker that answers `/` and all below `/item/` with a few bytes, `/missing` with 404 and `/big` with a
/// gigabyte. `/slow` answers a hundred requests per second. `/logged` keeps a line on each request: connection, method,
/// protocol, the header `X-Test`, and the body.
pub(crate) fn nginx() -> Server {
    nginx_speaking("")
}

/// The same, speaking HTTP/2 without TLS.
pub(crate) fn nginx_http2() -> Server {
    nginx_speaking(" http2")
}

fn nginx_speaking(protocol: &str) -> Server {
    for _ in 0..10 {
        if let Some(server) = try_nginx(free_port(), protocol) {
            return server;
        }
    }
    panic!("nginx found no free port in ten tries");
}

fn try_nginx(port: u16, protocol: &str) -> Option<Server> {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().display();
    let config = format!(
        "daemon off; master_process off; pid {at}/pid; error_log {at}/error.log;\n\
         events {{ worker_connections 4096; }}\n\
         http {{\n  log_format test '$connection $request_method $server_protocol $http_x_test $request_body';\n\
         limit_req_zone $server_addr zone=slow:1m rate=100r/s;\n\
         access_log off; keepalive_requests 1000000; client_body_temp_path {at}/body;\n\
         proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/fastcgi; uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi;\n\
         server {{ listen 127.0.0.1:{port}{protocol}; root {at};\n\
         location = /slow {{ limit_req zone=slow burst=10000; proxy_pass http://unix:{at}/own.sock:/; }}\n\
         location = /logged {{ access_log {at}/access.log test; proxy_pass http://unix:{at}/own.sock:/; }}\n\
         location = / {{ default_type text/plain; return 200 'hello, load\\n'; }}\n\
         location = /broken.json {{ default_type application/json; return 200 '{{\"broken\": '; }}\n\
         location = /missing {{ return 404; }}\n\
         location /item/ {{ default_type text/plain; return 200 'item\\n'; }} }}\n\
         server {{ listen unix:{at}/own.sock; location / {{ return 200 'taken\n'; }} }} }}\n"
    );
    std::fs::write(folder.path().join("nginx.conf"), config).unwrap();
    // A hole of a gigabyte: it takes no space on disk and is sent in full.
    std::fs::File::create(folder.path().join("big")).unwrap().set_len(1 << 30).unwrap();
    readable_by_workers(folder.path());
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let program = path
        .split(':')
        .map(|directory| Path::new(directory).join("nginx"))
        .find(|candidate| candidate.exists())
        .expect("nginx is installed: scripts/test installs it");
    let mut child = Command::new(program)
        .arg("-c")
        .arg(folder.path().join("nginx.conf"))
        .arg("-p")
        .arg(folder.path())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    loop {
        if TcpStream::connect(address).is_ok() {
            return Some(Server { child, url: format!("http://{address}"), folder: Some(folder) });
        }
        if child.try_wait().unwrap().is_some() {
            return None;
        }
        std::thread::yield_now();
    }
}

fn readable_by_workers(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A file of this repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
