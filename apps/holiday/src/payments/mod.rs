//! Taking money: what the service asks of a payment gateway, and the gateways.

mod chance;
mod gateway;
mod gateways;
mod identifier;
mod reconcile;
mod simulator;
pub mod stripe;
pub mod stripe_simulator;
mod subscribe;

pub use gateway::{
    GatewayError, GatewayPage, GatewaySubscription, NewCustomer, Order, PaymentGateway, Reply,
};
pub(crate) use gateways::Gateways;
pub use gateways::Stripe;
pub use reconcile::{ReconcileError, Reconciliation, reconcile};
pub use simulator::{Simulator, SimulatorSettings};
pub use subscribe::{SubscribeError, subscribe};
