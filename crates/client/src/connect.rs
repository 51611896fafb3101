//! Opening a connection: block lists, name, TCP, TLS; each phase measured, also when it is cut off.

use std::cell::Cell;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::TcpSocket;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use crate::config::Http2;
use crate::exchange::TlsInfo;
use crate::failure::{Failure, code};
use crate::io::{Counted, Io, WireBytes};
use crate::records::Records;
use crate::shared::Shared;
use crate::tls;

/// An open connection.
pub(crate) struct Dialed {
    pub(crate) io: Io,
    pub(crate) remote: SocketAddr,
    pub(crate) tls: Option<TlsInfo>,
    pub(crate) http2: bool,
}

/// What opening a connection is busy with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stage {
    #[default]
    Waiting,
    LookingUp,
    Connecting,
    Handshaking,
}

/// What opening a connection took so far; lives outside the future, which a timeout may drop.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Phases {
    pub(crate) stage: Stage,
    since: Option<Instant>,
    pub(crate) looking_up: Duration,
    pub(crate) connecting: Duration,
    pub(crate) tls_handshaking: Duration,
    pub(crate) remote: Option<SocketAddr>,
    /// Bytes of a handshake that failed.
    pub(crate) bytes: WireBytes,
}

impl Phases {
    /// Ends the current stage and starts another.
    pub(crate) fn enter(cell: &Cell<Phases>, stage: Stage) {
        let mut phases = cell.get();
        let now = Instant::now();
        let spent = phases.since.map_or(Duration::ZERO, |since| now - since);
        match phases.stage {
            Stage::Waiting => {}
            Stage::LookingUp => phases.looking_up += spent,
            Stage::Connecting => phases.connecting += spent,
            Stage::Handshaking => phases.tls_handshaking += spent,
        }
        phases.stage = stage;
        phases.since = Some(now);
        cell.set(phases);
    }

    fn update(cell: &Cell<Phases>, change: impl FnOnce(&mut Phases)) {
        let mut phases = cell.get();
        change(&mut phases);
        cell.set(phases);
    }
}

/// Opens a connection to `name` (an address or a host name, IPv6 without brackets).
pub(crate) async fn dial(
    shared: &Shared,
    name: &str,
    port: u16,
    secure: bool,
    local: Option<IpAddr>,
    phases: &Cell<Phases>,
) -> Result<Dialed, Failure> {
    let remote = find_address(shared, name, port, phases).await?;
    Phases::enter(phases, Stage::Connecting);
    Phases::update(phases, |phases| phases.remote = Some(remote));
    let stream = match timeout(shared.config.connect_timeout, connect(remote, local)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(Failure::dial(&error).at(remote)),
        Err(_) => {
            let limit = shared.config.connect_timeout;
            return Err(Failure::new(code::DIAL_TIMEOUT, "dial: i/o timeout")
                .with_detail(format!("dial: no answer from {remote} within {limit:?}")));
        }
    };
    let counted = Counted { stream, bytes: WireBytes::default(), records: secure.then(Records::default) };
    if !secure {
        Phases::enter(phases, Stage::Waiting);
        let http2 = shared.config.http2 == Http2::PriorKnowledge;
        return Ok(Dialed { io: Io::Plain(counted), remote, tls: None, http2 });
    }
    Phases::enter(phases, Stage::Handshaking);
    let dialed = handshake(shared, name, counted, remote, phases).await;
    Phases::enter(phases, Stage::Waiting);
    dialed.map_err(|failure| failure.at(format_args!("TLS handshake with {name}, {remote}")))
}

async fn find_address(
    shared: &Shared,
    name: &str,
    port: u16,
    phases: &Cell<Phases>,
) -> Result<SocketAddr, Failure> {
    if let Some(pattern) = shared.blocked.find(name) {
        return Err(Failure::new(code::BLOCKED_HOSTNAME, "hostname is blocked")
            .with_detail(format!("hostname `{name}` is blocked by `{pattern}` of `blockHostnames`")));
    }
    let remote = if let Some(address) = shared.hosts.find(name, port) {
        address
    } else if let Ok(address) = name.parse::<IpAddr>() {
        SocketAddr::new(address, port)
    } else {
        let before = phases.get();
        Phases::enter(phases, Stage::LookingUp);
        let lookup = shared.resolver.resolve(name).await?;
        if lookup.cached {
            phases.set(before);
        }
        SocketAddr::new(lookup.address, port)
    };
    if let Some(network) = shared.blacklist.find(remote.ip()) {
        return Err(Failure::new(code::BLACKLISTED_IP, "ip is blacklisted").with_detail(format!(
            "address {} of `{name}` is in `{network}` of `blacklistIPs`",
            remote.ip()
        )));
    }
    Ok(remote)
}

async fn connect(remote: SocketAddr, local: Option<IpAddr>) -> std::io::Result<tokio::net::TcpStream> {
    let socket = if remote.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A local address of the other family can't reach this remote: let the system choose.
    if let Some(local) = local.filter(|local| local.is_ipv4() == remote.is_ipv4()) {
        socket.bind(SocketAddr::new(local, 0))?;
    }
    socket.set_nodelay(true)?;
    socket.connect(remote).await
}

async fn handshake(
    shared: &Shared,
    name: &str,
    stream: Counted,
    remote: SocketAddr,
    phases: &Cell<Phases>,
) -> Result<Dialed, Failure> {
    let configs = shared.tls().map_err(|words| {
        Failure::new(code::TLS, "tls: no usable configuration").with_detail(format!("tls: {words}"))
    })?;
    let server_name = ServerName::try_from(name.to_owned()).map_err(|_| {
        Failure::new(code::BAD_ADDRESS, "tls: invalid server name")
            .with_detail(format!("`{name}` can't be the name in a certificate"))
    })?;
    let connector = TlsConnector::from(configs.for_host(name));
    let stream = match connector.connect(server_name, stream).into_fallible().await {
        Ok(stream) => stream,
        Err((error, stream)) => {
            Phases::update(phases, |phases| phases.bytes = stream.bytes);
            return Err(Failure::io("tls handshake", &error));
        }
    };
    let session = stream.get_ref().1;
    let http2 = session.alpn_protocol() == Some(b"h2");
    let tls = tls::info(session);
    Ok(Dialed { io: Io::Tls(Box::new(stream)), remote, tls, http2 })
}
