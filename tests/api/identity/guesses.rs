//! Guessed passwords: counted by account and by place, before they are checked.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures_util::{StreamExt, stream};
use serde_json::json;

use super::{PASSWORD, address};
use crate::support::{Answer, Client, TestApp};

const BEHIND_A_PROXY: (&str, &str) = ("TRUSTED_PROXIES", "127.0.0.0/8");

fn from(app: &TestApp, place: &str) -> Client {
    app.anonymous().with_header("X-Forwarded-For", place)
}

async fn guess(client: &Client, email: &str, password: &str) -> Answer {
    client.post("/api/v1/auth/login", json!({ "email": email, "password": password })).await
}

#[tokio::test]
async fn a_thousand_guesses_from_a_hundred_places_are_hardly_checked_and_the_owner_gets_in() {
    let app = TestApp::with_settings("guesses_many", &[BEHIND_A_PROXY]);
    app.clock.stop();
    let tenant = app.tenant().await;
    let begun = Instant::now();

    let guesses = (0..1_000).map(|number| {
        let client = from(&app, &format!("198.51.100.{}", number % 100));
        let email = &tenant.email;
        async move { guess(&client, email, &format!("wrong horse {number}")).await }
    });
    let answers: Vec<Answer> = stream::iter(guesses).buffer_unordered(16).collect().await;

    let of = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    let (checked, refused, busy) = (of(401), of(429), of(503));
    println!("1000 guesses in {:?}: {checked} checked, {refused} refused before", begun.elapsed());
    // Those told that hashing was busy were counted, and not hashed.
    assert_eq!((checked + busy, refused), (5, 995), "{checked} hashes were computed");
    assert!(checked > 0);
    let told = answers.iter().find(|answer| answer.status == 429).unwrap();
    assert_eq!(told.text_at("/type"), "/problems/too-many-guesses");
    assert!(told.header("retry-after").is_some());

    // From where they signed in before: at once. From elsewhere: after the wait, which nobody is kept out by for ever.
    guess(&app.anonymous(), &tenant.email, PASSWORD).await.expect(200);
    let elsewhere = from(&app, "203.0.113.5");
    guess(&elsewhere, &tenant.email, PASSWORD).await.expect(429);
    app.clock.advance(TimeDelta::minutes(15));
    guess(&elsewhere, &tenant.email, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn the_unknown_wait_as_the_known_do_and_a_restart_forgives_nothing() {
    let app = TestApp::with_settings("guesses_unknown", &[BEHIND_A_PROXY]);
    app.clock.stop();
    let tenant = app.tenant().await;
    let (known, unknown) = (tenant.email.clone(), address());
    let stranger = from(&app, "198.51.100.1");
    for turn in 1..=6 {
        let one = guess(&stranger, &known, "wrong horse battery").await;
        let other = guess(&stranger, &unknown, "wrong horse battery").await;
        assert_eq!((one.status, one.text_at("/type")), (other.status, other.text_at("/type")));
        assert_eq!(one.status, if turn <= 5 { 401 } else { 429 }, "{turn}");
    }
    // Waits double.
    for seconds in [1, 2, 4, 8] {
        app.clock.advance(TimeDelta::seconds(seconds));
        guess(&stranger, &known, "wrong horse battery").await.expect(401);
        let wait: i64 = guess(&stranger, &known, PASSWORD)
            .await
            .expect(429)
            .header("retry-after")
            .unwrap()
            .parse()
            .unwrap();
        assert!((seconds * 2 - 1..=seconds * 2 + 1).contains(&wait), "{wait} s after {seconds} s");
    }

    app.stop().await;
    let again = app.beside("guesses_unknown_b", &[BEHIND_A_PROXY]);
    // It is as late here as it was there.
    again.clock.stop();
    again.clock.advance(app.clock.now() - again.clock.now());
    guess(&from(&again, "198.51.100.1"), &known, PASSWORD).await.expect(429);
    guess(&again.anonymous(), &known, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn one_place_guesses_at_many_accounts_for_a_while_only() {
    let app = TestApp::with_settings(
        "guesses_place",
        &[BEHIND_A_PROXY, ("LIMITS_ENABLED", "true"), ("LIMIT_ADDRESS_PER_MINUTE", "100000")],
    );
    let tenant = app.tenant().await;
    let stranger = from(&app, "198.51.100.1");
    let mut checked = 0;
    for _ in 0..110 {
        checked += usize::from(guess(&stranger, &address(), "wrong horse battery").await.status == 401);
    }
    println!("110 accounts guessed at from one place: {checked} checked");
    assert!((100..=106).contains(&checked), "{checked}");
    guess(&from(&app, "198.51.100.2"), &address(), "wrong horse battery").await.expect(401);
    // Whoever signed in from there before does.
    guess(&app.anonymous(), &tenant.email, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_right_password_forgives_and_is_never_counted() {
    let app = TestApp::shared();
    let tenant = app.tenant().await;
    for _ in 0..3 {
        for _ in 0..4 {
            guess(&app.anonymous(), &tenant.email, "wrong horse battery").await.expect(401);
        }
        guess(&app.anonymous(), &tenant.email, PASSWORD).await.expect(200);
    }
    for _ in 0..10 {
        guess(&app.anonymous(), &tenant.email, PASSWORD).await.expect(200);
    }
}

#[tokio::test]
async fn an_unknown_address_is_answered_as_slowly_as_a_known_one() {
    let app = TestApp::with_settings("guesses_time", &[BEHIND_A_PROXY]);
    let tenant = app.tenant().await;
    let mut times: [Vec<Duration>; 2] = [Vec::new(), Vec::new()];
    for turn in 0..60 {
        // A right answer in between forgives the wrong ones.
        if turn % 4 == 0 {
            guess(&app.anonymous(), &tenant.email, PASSWORD).await.expect(200);
        }
        for (email, times) in [tenant.email.clone(), address()].iter().zip(&mut times) {
            let begun = Instant::now();
            guess(&app.anonymous(), email, "wrong horse battery").await.expect(401);
            times.push(begun.elapsed());
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    };
    let [known, unknown] = &mut times;
    let (known, unknown) = (median(known), median(unknown));
    println!("median of a known address {:.1} ms, of an unknown one {:.1} ms", known * 1e3, unknown * 1e3);
    // A loaded machine is no reason to fail; without the hash of nobody it is a factor of ten.
    assert!(known < unknown * 3.0 && unknown < known * 3.0, "{known} {unknown}");
}
