//! Accounts above and below: no circles, not too deep, never another company's.

use serde_json::{Value, json};

use super::{create, id_of, named};
use crate::support::TestApp;

#[tokio::test]
async fn accounts_hang_below_others_without_circles_and_not_too_deep() {
    let acme = TestApp::shared().tenant().await;
    let mut chain = vec![create(&acme, named("Nivel 1")).await];
    for level in 2..=5 {
        let parent = id_of(chain.last().unwrap());
        let body = json!({ "trade_name": format!("Nivel {level}"), "parent_id": parent });
        chain.push(create(&acme, body).await);
    }
    let below = async |parent: &str| json!({ "trade_name": "X", "parent_id": id_of(parent) });
    let deep = acme.owner.post("/api/v1/customers", below(&chain[4]).await).await.expect(422);
    assert_eq!(deep.text_at("/errors/0/pointer"), "/parent_id");
    let under =
        async |path: &str, parent: &str| acme.owner.patch(path, json!({ "parent_id": id_of(parent) })).await;
    for (path, parent) in [(0, 4), (0, 0), (2, 3)] {
        let refused = under(&chain[path], &chain[parent]).await.expect(422);
        assert_eq!(refused.text_at("/errors/0/pointer"), "/parent_id", "{path} below {parent}");
    }
    // What hangs below moves with it.
    let top = create(&acme, named("Matriz")).await;
    under(&chain[0], &top).await.expect(422);
    under(&chain[1], &top).await.expect(200);
    let children = acme.owner.get(&format!("/api/v1/customers?parent_id={}", id_of(&top))).await.expect(200);
    assert_eq!(children.text_at("/data/0/id"), id_of(&chain[1]));

    let hanging = acme.owner.delete(&top).await.expect(409);
    assert_eq!(
        (hanging.text_at("/type").as_str(), &hanging.body["children"]),
        ("/problems/customer-in-use", &json!(1))
    );
    let free = acme.owner.patch(&chain[1], json!({ "parent_id": null })).await.expect(200);
    assert_eq!(free.body["parent_id"], Value::Null);
    acme.owner.delete(&top).await.expect(204);
    under(&chain[1], &top).await.expect(409);
    let stranger = TestApp::shared().tenant().await;
    let theirs = create(&stranger, named("Ajena")).await;
    under(&chain[1], &theirs).await.expect(422);
    under(&chain[1], &format!("/{}", uuid::Uuid::now_v7())).await.expect(422);
}

#[tokio::test]
async fn two_moves_at_once_make_no_circle() {
    let acme = TestApp::shared().tenant().await;
    for _ in 0..5 {
        let (one, two) = (create(&acme, named("A")).await, create(&acme, named("B")).await);
        let moves = [(one.clone(), two.clone()), (two.clone(), one.clone())].map(|(path, parent)| {
            let owner = acme.owner.clone();
            let body = json!({ "parent_id": id_of(&parent) });
            tokio::spawn(async move { owner.patch(&path, body).await.status })
        });
        let mut statuses = Vec::new();
        for one in moves {
            statuses.push(one.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422]);
    }
}
