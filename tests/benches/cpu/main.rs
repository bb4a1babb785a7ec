//! CPU of one call in-process: from the gateway's event to the reply's JSON, without a store.
//!
//! `STS_CALLS=n` makes the calls once without any measuring, for callgrind.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark that cannot measure stops on the spot"
)]

mod calls;
mod memory;
mod policies;
mod tokens;

use criterion::Criterion;
use tokio::runtime::Runtime;

use calls::Calls;

fn main() {
    let runtime = Runtime::new().unwrap();
    let calls = Calls::prepare(&runtime);
    if let Some(count) = std::env::var("STS_CALLS").ok().and_then(|n| n.parse().ok()) {
        for _ in 0..count {
            runtime.block_on(calls.assume_role());
        }
        return;
    }
    let mut criterion = Criterion::default().configure_from_args().without_plots();
    bench_calls(&mut criterion, &runtime, &calls);
    policies::bench(&mut criterion);
    criterion.final_summary();
}

fn bench_calls(criterion: &mut Criterion, runtime: &Runtime, calls: &Calls) {
    let mut group = criterion.benchmark_group("call");
    group.bench_function("AssumeRole", |b| {
        b.iter(|| runtime.block_on(calls.assume_role()));
    });
    group.bench_function("AssumeRole with a 2 KB policy", |b| {
        b.iter(|| runtime.block_on(calls.assume_role_with_policy()));
    });
    group.bench_function("AssumeRoleWithCustomToken, loopback plugin", |b| {
        b.iter(|| runtime.block_on(calls.custom_token()));
    });
    for (algorithm, event) in &calls.exchanges {
        group.bench_function(format!("AssumeRoleWithClientGrants, {algorithm}"), |b| {
            b.iter(|| runtime.block_on(calls.answer(event)));
        });
    }
    group.finish();
}
