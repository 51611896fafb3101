//! Taking money: what the service asks of a payment gateway, and the gateways.

mod chance;
mod gateway;
mod identifier;
mod simulator;
pub mod stripe;
mod subscribe;

pub use gateway::{
    GatewayError, GatewayPage, GatewaySubscription, NewCustomer, Order, PaymentGateway, Reply,
};
pub use simulator::{Simulator, SimulatorSettings};
pub use subscribe::{SubscribeError, subscribe};
