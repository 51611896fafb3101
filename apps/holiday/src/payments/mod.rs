//! Taking money: what the service asks of a payment gateway, and the gateways.

mod gateway;
mod simulator;

pub use gateway::{GatewayError, GatewaySubscription, Order, PaymentGateway, Reply};
pub use simulator::{Simulator, SimulatorSettings};
