//! Colours, few and calm: bold for headings, dim for what is only structure, and colour for outcomes alone.
//!
//! Text is given a role where it is made; what a role looks like is decided here, once.

use anstyle::{AnsiColor, Style};

/// What a piece of text is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Names and ordinary text.
    #[default]
    Text,
    /// Titles of sections.
    Heading,
    /// The number a line exists for.
    Value,
    /// Dots, units' names, explanations: there when looked for.
    Dim,
    /// A pass, and the done part of a bar.
    Good,
    /// A failure.
    Bad,
    /// Neither: no data, stopping, inconclusive.
    Warning,
    /// What is going on now: the bar of a running scenario.
    Active,
}

/// How each role looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    /// [`Role::Heading`]
    pub heading: Style,
    /// [`Role::Value`]
    pub value: Style,
    /// [`Role::Dim`]
    pub dim: Style,
    /// [`Role::Good`]
    pub good: Style,
    /// [`Role::Bad`]
    pub bad: Style,
    /// [`Role::Warning`]
    pub warning: Style,
    /// [`Role::Active`]
    pub active: Style,
}

impl Theme {
    /// No styles at all: for files, pipes and `NO_COLOR`. Not a single escape code is written.
    pub const fn plain() -> Theme {
        let none = Style::new();
        Theme { heading: none, value: none, dim: none, good: none, bad: none, warning: none, active: none }
    }

    /// The colours for a terminal, from its own sixteen so that they suit light and dark backgrounds.
    pub const fn colour() -> Theme {
        Theme {
            heading: Style::new().bold(),
            value: AnsiColor::Cyan.on_default(),
            dim: Style::new().dimmed(),
            good: AnsiColor::Green.on_default(),
            bad: AnsiColor::Red.on_default().bold(),
            warning: AnsiColor::Yellow.on_default(),
            active: AnsiColor::Cyan.on_default(),
        }
    }

    /// The style of a role.
    pub const fn style(&self, role: Role) -> Style {
        match role {
            Role::Text => Style::new(),
            Role::Heading => self.heading,
            Role::Value => self.value,
            Role::Dim => self.dim,
            Role::Good => self.good,
            Role::Bad => self.bad,
            Role::Warning => self.warning,
            Role::Active => self.active,
        }
    }
}
