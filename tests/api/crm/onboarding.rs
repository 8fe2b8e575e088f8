//! Onboarding: templates, checklists, progress.

use serde_json::{Value, json};

use super::{create, id_of, named};
use crate::support::{Database, TestApp, until};

const TEMPLATES: &str = "/api/v1/customers/onboarding-templates";

#[tokio::test]
async fn a_checklist_goes_from_its_template_to_its_last_step() {
    let acme = TestApp::shared().tenant().await;
    let steps = json!([{ "title": " Arranque ", "due_after_days": 3 }, { "title": "Capacitar", "description": "Al equipo" }]);
    let body = json!({ "name": "Alta", "steps": steps });
    let template = acme.owner.post(TEMPLATES, body.clone()).await.expect(201);
    let template_id = template.text_at("/id");
    let twice = acme.owner.post(TEMPLATES, body).await.expect(409);
    assert_eq!(twice.text_at("/existing_id"), template_id);

    let customer = create(&acme, named("Acme")).await;
    let onboardings = format!("{customer}/onboardings");
    let begin = json!({ "template_id": template_id });
    let list = acme.owner.post(&onboardings, begin.clone()).await.expect(201);
    assert_eq!(
        (list.text_at("/progress"), list.text_at("/total"), list.text_at("/steps/0/title")),
        ("0".into(), "2".into(), "Arranque".into())
    );
    assert!(list.body["steps"][0]["due_at"].is_string() && list.body["steps"][1]["due_at"].is_null());
    acme.owner.post(&onboardings, begin.clone()).await.expect(409);

    // What began stays as the template was.
    let at = format!("{TEMPLATES}/{template_id}");
    let other = json!({ "name": "Alta", "steps": [{ "title": "Otra" }] });
    let changed = acme.owner.with_header("If-Match", "\"1\"").put(&at, other.clone()).await.expect(200);
    assert_eq!(changed.text_at("/version"), "2");
    acme.owner
        .with_header("If-Match", "\"1\"")
        .put(&at, json!({ "name": "B", "steps": [{ "title": "x" }] }))
        .await
        .expect(412);
    let path = list.header("location").unwrap().to_owned();
    assert_eq!(acme.owner.get(&path).await.expect(200).text_at("/total"), "2");

    let step = |index: usize| format!("{path}/steps/{}", list.text_at(&format!("/steps/{index}/id")));
    let tick = async |index: usize, done: bool| acme.owner.patch(&step(index), json!({ "done": done })).await;
    assert_eq!(tick(0, true).await.expect(200).text_at("/progress"), "50");
    assert_eq!(tick(0, false).await.expect(200).text_at("/progress"), "0");
    tick(0, true).await.expect(200);
    let whole = tick(1, true).await.expect(200);
    assert!(whole.body["completed_at"].is_string());
    assert_eq!(whole.text_at("/progress"), "100");
    let over = tick(1, false).await.expect(409);
    assert_eq!(over.text_at("/type"), "/problems/onboarding-completed");
    let mut database = Database::connect(&TestApp::shared().admin_url);
    let told = format!(
        "SELECT count(*) FROM events.log WHERE aggregate_id = '{}' AND type = 'Customer.OnboardingCompleted'",
        id_of(&customer)
    );
    until("it is told", async || database.column(&told) == ["1"]).await;

    // Another one may begin, and the template may go.
    acme.owner.post(&onboardings, begin.clone()).await.expect(201);
    acme.owner.delete(&at).await.expect(204);
    acme.owner.get(&at).await.expect(404);
    acme.owner.post(&onboardings, begin).await.expect(422);
    let all = acme.owner.get(&onboardings).await.expect(200);
    let progress: Vec<&Value> =
        all.body["data"].as_array().unwrap().iter().map(|one| &one["progress"]).collect();
    assert_eq!(progress, [&json!(0), &json!(100)]);
}

#[tokio::test]
async fn bad_templates_are_refused_by_field() {
    let acme = TestApp::shared().tenant().await;
    let steps = |step: Value| json!({ "name": "A", "steps": [step] });
    for (body, pointer) in [
        (json!({ "steps": [{ "title": "A" }] }), "/name"),
        (json!({ "name": "A" }), "/steps"),
        (json!({ "name": "A", "steps": [] }), "/steps"),
        (json!({ "name": "A", "steps": vec![json!({ "title": "A" }); 101] }), "/steps"),
        (steps(json!({ "title": "" })), "/steps/0/title"),
        (steps(json!({ "title": "A", "due_after_days": -1 })), "/steps/0/due_after_days"),
        (steps(json!({ "title": "A", "due_after_days": 1001 })), "/steps/0/due_after_days"),
        (steps(json!({ "title": "A", "order": 1 })), "/steps/0/order"),
    ] {
        let refused = acme.owner.post(TEMPLATES, body.clone()).await;
        assert_eq!(refused.status, 422, "{body}: {}", refused.text);
        assert_eq!(refused.text_at("/errors/0/pointer"), pointer, "{body}");
    }
    let (seller, _) = acme.colleague(&["SALES"]).await;
    seller.post(TEMPLATES, steps(json!({ "title": "A" }))).await.expect(403);
    let customer = create(&acme, named("Acme")).await;
    let nobodys = json!({ "template_id": uuid::Uuid::now_v7() });
    let refused = acme.owner.post(&format!("{customer}/onboardings"), nobodys).await.expect(422);
    assert_eq!(refused.text_at("/errors/0/pointer"), "/template_id");
}
