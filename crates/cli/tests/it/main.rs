//! The `loadline` binary, used as a user would, against real servers on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accounts;
mod advise;
mod bad_input;
mod bisect;
mod book;
mod budgets;
mod compare;
mod crash;
mod damaged;
mod database;
mod dates;
mod db_check;
mod db_diff;
mod db_slow;
mod demo;
mod disk;
mod edge;
mod ends;
mod facts;
mod faults;
mod folding;
mod ghost;
mod habits;
mod history;
mod hit;
mod inspect;
mod interrupt;
mod limits;
mod long_input;
mod map;
mod outputs;
mod phases;
mod producer;
mod run;
mod sampling;
mod scenarios;
mod secrets;
mod story;
mod support;
mod trouble;
mod trust;
mod users;
mod verify;
mod whole;
