//! Metrics of ours, in the text that a Prometheus reads: version 0.0.4 of its format.
//!
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::fmt::{Display, Write};

/// The type of such a text, as HTTP calls it.
pub const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Metrics that are written one after another, all of them under one prefix.
///
/// ```
/// use loadline_prometheus::Text;
///
/// let mut text = Text::new("shop_");
/// text.begin("orders_total", "counter", "Orders by how they were paid.");
/// text.value("orders_total", &[("paid", "by \"card\"")], 3);
/// text.one("carts", "gauge", "Carts that are open.", 0.5);
/// assert_eq!(
///     text.written(),
///     "# HELP shop_orders_total Orders by how they were paid.\n# TYPE shop_orders_total counter\n\
///      shop_orders_total{paid=\"by \\\"card\\\"\"} 3\n# HELP shop_carts Carts that are open.\n\
///      \x23 TYPE shop_carts gauge\nshop_carts 0.5\n"
/// );
/// ```
#[derive(Debug)]
pub struct Text {
    prefix: &'static str,
    written: String,
}

impl Text {
    /// Without any metric yet; all names will begin like this.
    pub fn new(prefix: &'static str) -> Self {
        Self { prefix, written: String::new() }
    }

    /// A metric with one value.
    pub fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.begin(name, kind, help);
        self.value(name, &[], value);
    }

    /// What a metric is, before its values: `kind` is `counter` or `gauge`.
    pub fn begin(&mut self, name: &str, kind: &str, help: &str) {
        let prefix = self.prefix;
        let _ = write!(self.written, "# HELP {prefix}{name} {help}\n# TYPE {prefix}{name} {kind}\n");
    }

    /// A value, with the labels that tell it from others of its metric.
    pub fn value(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let _ = write!(self.written, "{}{name}", self.prefix);
        for (index, (label, text)) in labels.iter().enumerate() {
            let opening = if index == 0 { '{' } else { ',' };
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.written, "{opening}{label}=\"{text}\"");
        }
        let _ = writeln!(self.written, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    /// All of it.
    pub fn written(self) -> String {
        self.written
    }
}
