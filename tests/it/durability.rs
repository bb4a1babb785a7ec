//! What was acknowledged survives a crash of the engine.

use std::sync::Mutex;
use std::time::Duration;

use shared::model::SessionToken;
use shared::store::token_digest;
use tests::engine::EngineProcess;
use tests::sts::{Credentials, TestSts, user};

use crate::check::success;

/// How many sessions are made before the engine is killed.
const LOAD: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_of_the_engine_loses_no_acknowledged_session() {
    let directory = tempfile::tempdir().unwrap();
    let mut engine = EngineProcess::start(&directory.path().join("database")).await;
    let sts = TestSts::builder().engine(&engine.url).processes(4);
    let sts = sts.start().await;
    let acknowledged = Mutex::new(Vec::new());
    for round in 1..=2 {
        tokio::join!(
            load(&sts, &acknowledged),
            load(&sts, &acknowledged),
            load(&sts, &acknowledged),
            load(&sts, &acknowledged),
            kill(&mut engine, &acknowledged, round * LOAD),
        );
        engine.restart().await;
        let issued = acknowledged.lock().unwrap().clone();
        assert!(issued.len() >= round * LOAD);
        for credentials in &issued {
            assert_stored(&sts, credentials).await;
        }
        success(&sts.assume_role(&[]).await);
    }
}

/// Makes sessions one after the other until the engine is gone.
async fn load(sts: &TestSts, acknowledged: &Mutex<Vec<Credentials>>) {
    let signer = user();
    loop {
        let reply = sts.assume_role_as(&signer, &[]).await;
        if reply.status != 200 {
            return;
        }
        acknowledged.lock().unwrap().push(Credentials::of(&reply));
    }
}

/// Kills the engine in the middle of the load.
async fn kill(engine: &mut EngineProcess, acknowledged: &Mutex<Vec<Credentials>>, after: usize) {
    while acknowledged.lock().unwrap().len() < after {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    engine.kill().await;
}

async fn assert_stored(sts: &TestSts, credentials: &Credentials) {
    let stored = sts.stored(&credentials.access_key).await;
    let stored = stored.unwrap_or_else(|| panic!("{} is lost", credentials.access_key));
    let token = SessionToken::new(credentials.token.clone()).unwrap();
    assert_eq!(stored.token_digest, token_digest(&token));
}
