//! What threads share in minitok, in every order in which they can run: `make loom`. Each model is a few steps of a few threads
//! over the library's own files, compiled with the atomics and locks of a checker (`sync.rs`) in place of the standard library's.
//! It is run once for each order of the steps, and for each value that the memory model lets a thread read; a wrong result, a
//! data race, a deadlock or a panic in any of them ends the run and names the model.
//!
//! `minitok-loom NAME...` runs the models whose names begin so.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "models are short, and do not fork")]
#![allow(dead_code, reason = "the library's files are compiled here as a whole")]

mod models;
mod sync;

#[path = "../../rust/error.rs"]
mod error;
#[path = "../../rust/fast/util/fallible.rs"]
mod fallible;
#[path = "../../rust/fast/encode/id_buffer.rs"]
mod id_buffer;
#[path = "../../rust/support/interrupt.rs"]
mod interrupt;
#[path = "../../rust/support/once.rs"]
mod once;
#[path = "../../rust/fast/encode/parallel.rs"]
mod parallel;
#[path = "../../rust/fast/util/pool.rs"]
mod pool;
#[path = "../../rust/fast/util/threads.rs"]
mod threads;

/// Where the library has these files.
mod support {
    pub(crate) use crate::{interrupt, once, sync};
}
mod fast {
    pub mod util {
        pub(crate) use crate::{fallible, threads};
    }
}

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    for &(name, preemptions, model) in models::ALL {
        if wanted.is_empty() || wanted.iter().any(|start| name.starts_with(start.as_str())) {
            println!("{name}");
            let started = Instant::now();
            let orders = explore(preemptions, model);
            let bound = preemptions.map_or_else(String::new, |most| format!(" with at most {most} preemptions"));
            println!("  {orders} orders{bound}, {:.1} s", started.elapsed().as_secs_f64());
        }
    }
}

/// Runs a model in every order; returns how many there are.
fn explore(preemptions: Option<usize>, model: fn()) -> usize {
    let orders = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&orders);
    let mut checker = loom::model::Builder::new();
    checker.preemption_bound = preemptions;
    checker.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    orders.load(Ordering::Relaxed)
}
