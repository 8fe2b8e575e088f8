//! What everybody may do who knows a form's key: answer it.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::http::header::{HeaderValue, ORIGIN};
use actix_web::web::{Data, Path, Payload};
use actix_web::{Either, HttpMessage, HttpRequest, HttpResponse, post};
use serde::Serialize;
use utoipa::ToSchema;

use super::{pages, reading};
use crate::identity::People;
use crate::kernel::Message;
use crate::leads::capture::domain::{Answers, CaptureSettings, Counted, is_spam};
use crate::leads::capture::door::{Door, open};
use crate::leads::capture::service::{self, Form, Submission};
use crate::leads::contract::LeadsError;
use crate::platform::auth::Actor;
use crate::platform::db::Db;
use crate::platform::http::{ReadableBy, Reply, RequestContext, client_address, place_of};
use crate::platform::idempotency::Once;
use crate::platform::limits::Limits;
use crate::platform::problem::Problem;

/// How often an answer is tried that meets another one of the same person under way.
const TRIES: usize = 3;

/// What came of an answer: the same for everybody, so that nobody learns who is a lead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "message": "Gracias, recibimos sus datos.", "redirect_url": "https://www.empresa.mx/gracias" }))]
pub struct CaptureView {
    /// What to tell the person.
    message: String,
    /// Where to send them; null for nowhere.
    #[schema(required)]
    redirect_url: Option<String>,
}

/// An answer to a form, by the names of its fields; custom fields are `field.<key>`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only a schema: what comes is read by name")]
#[schema(example = json!({
    "contact_name": "Inés Nájera", "email": "ines@sastrerianajera.mx", "notes": "Quiero una cotización",
    "field.giro": "Textil", "consent": true, "consent_version": "1", "utm_source": "facebook", "fbclid": "IwAR0",
    "page_url": "https://www.empresa.mx/contacto", "referrer": "https://www.facebook.com/"
}))]
pub struct CaptureRequest {
    /// The person.
    contact_name: Option<String>,
    /// The company; the person stands for it when it is not asked.
    company_name: Option<String>,
    /// The e-mail address.
    email: Option<String>,
    /// The phone; without a country code it is read as one of the company's country.
    phone: Option<String>,
    /// What they write.
    notes: Option<String>,
    /// Whether they agree to the consent text.
    consent: Option<bool>,
    /// Which version of it they saw; the one in force when not said.
    consent_version: Option<String>,
    /// The page of the form, or the first one of the visit.
    page_url: Option<String>,
    /// The page before it.
    referrer: Option<String>,
    /// Milliseconds between the form's showing and its sending.
    #[schema(value_type = Option<f64>)]
    elapsed_ms: Option<i64>,
    /// People do not see it: who fills it in is a program.
    confirm_url: Option<String>,
}

/// Answer a form
///
/// Takes an answer to a form as JSON or as a page's form posts it, at most 64 kB. Names that the form does not ask for are
/// passed over. `consent` says that the person agrees to the text of `consent_version`; `utm_*`, `gclid`, `fbclid`,
/// `msclkid`, `ttclid`, `page_url` and `referrer` are kept. A page of another origin than the form's is refused. The answer
/// does not tell whether the person was known. A form posted by a page itself is answered with a page, or with 303.
#[utoipa::path(operation_id = "capture_submit", tag = "capture",
    params(("form_key" = String, Path, description = "The form's key.")),
    request_body(content(
        (CaptureRequest = "application/json"), (CaptureRequest = "application/x-www-form-urlencoded"),
        (CaptureRequest = "multipart/form-data"))),
    responses((status = 202, description = "Taken.", body = CaptureView),
        (status = 303, description = "Taken; the page for afterwards, when a page's own form was posted."),
        (status = 403, description = "The page is of an origin that the form does not name."),
        (status = 410, description = "The form takes no answers at present.")))]
#[post("/api/v1/capture/{form_key}")]
pub async fn capture_submit(
    request: HttpRequest,
    key: Path<String>,
    payload: Payload,
    db: Data<Db>,
    people: Data<dyn People>,
    limits: Data<Limits>,
    settings: Data<CaptureSettings>,
) -> Result<Either<Reply, HttpResponse>, Problem> {
    let address = client_address(&request);
    if let Some(address) = address {
        limits.check(format!("capture {}", place_of(address)), settings.per_address)?;
    }
    let door = open(&db, &key, RequestContext::of(&request).correlation().clone()).await?;
    let taken = take(&request, payload, &db, people.into_inner(), &limits, &settings, &door, address).await;
    if !reading::wants_page(&request) {
        return taken.map(Either::Left);
    }
    let language = door.form.language().language();
    Ok(Either::Right(match taken {
        Err(problem) => {
            RequestContext::of(&request).log_cause(&problem);
            pages::refused(&problem, language)
        }
        Ok(_) => match door.form.row.thanks_url {
            Some(url) => pages::see_other(&url),
            None => pages::thanks(&thanks(&door.form), language),
        },
    }))
}

/// Tells browsers whether a page may send answers (CORS).
pub async fn preflight(
    request: HttpRequest,
    key: Path<String>,
    db: Data<Db>,
    limits: Data<Limits>,
    settings: Data<CaptureSettings>,
) -> Result<HttpResponse, Problem> {
    if let Some(address) = client_address(&request) {
        let place = place_of(address);
        limits.check(format!("preflight {place}"), settings.per_address)?;
    }
    let door = open(&db, &key, RequestContext::of(&request).correlation().clone()).await?;
    check_origin(&request, &door.form)?;
    Ok(HttpResponse::NoContent()
        .insert_header(("Access-Control-Allow-Methods", "POST"))
        .insert_header(("Access-Control-Allow-Headers", "Content-Type, Idempotency-Key"))
        .insert_header(("Access-Control-Max-Age", "600"))
        .finish())
}

#[expect(clippy::too_many_arguments, reason = "what a handler is given")]
async fn take(
    request: &HttpRequest,
    payload: Payload,
    db: &Db,
    people: Arc<dyn People>,
    limits: &Limits,
    settings: &CaptureSettings,
    door: &Door,
    address: Option<IpAddr>,
) -> Result<Reply, Problem> {
    let actor = door.actor.clone();
    let known = check_origin(request, &door.form);
    limits.check(format!("form {}", door.form.row.id), settings.per_form)?;
    let answers = match known {
        Ok(()) => answers(request, payload, door).await,
        Err(problem) => Err(problem),
    };
    let reply = Reply::received(&CaptureView {
        message: thanks(&door.form),
        redirect_url: door.form.row.thanks_url.clone(),
    });
    let form = Arc::new(door.form.clone());
    let outcome = match answers {
        Ok((answers, _)) if is_spam(&answers) => {
            let form = form.clone();
            // A program is not told that it was seen.
            db.tenant(actor, move |tx| service::tally(tx, &form, Counted::Spam)).await?;
            return Ok(reply);
        }
        Ok((answers, once)) => {
            let submission = Submission { answers, address };
            submit(db, &actor, people, form.clone(), submission, once, &reply).await
        }
        Err(problem) => Err(problem),
    };
    if let Err(problem) = &outcome
        && (400..500).contains(&problem.status())
    {
        db.tenant(actor, move |tx| service::tally(tx, &form, Counted::Refused)).await?;
    }
    outcome
}

async fn answers(request: &HttpRequest, payload: Payload, door: &Door) -> Result<(Answers, Once), Problem> {
    let bytes = reading::read(payload).await?;
    if !door.form.row.is_active {
        return Err(Problem::gone(
            "form-paused",
            Message::new(
                "This form takes no answers at present",
                "Este formulario no recibe respuestas por ahora",
            ),
        ));
    }
    let once = Once::of(request, &bytes)?;
    Ok((reading::parse(request, bytes).await?, once))
}

/// Takes the answer; one of the same person that is under way at this moment goes first.
async fn submit(
    db: &Db,
    actor: &Actor,
    people: Arc<dyn People>,
    form: Arc<Form>,
    submission: Submission,
    once: Once,
    reply: &Reply,
) -> Result<Reply, Problem> {
    let once = Arc::new(once);
    let mut tries = 1;
    loop {
        let (people, form, submission) = (people.clone(), form.clone(), submission.clone());
        let (once, reply) = (once.clone(), reply.clone());
        let taken = db
            .tenant(actor.clone(), move |tx| {
                once.run(tx, |tx| {
                    service::submit(tx, &*people, &form, &submission)?;
                    Ok::<_, LeadsError>(reply)
                })
            })
            .await;
        match taken {
            Err(problem)
                if ["lead-duplicate", "lead-field-taken"].contains(&problem.code()) && tries < TRIES =>
            {
                tries += 1;
            }
            taken => return taken,
        }
    }
}

/// Refuses pages of other origins than the form's. What is no page has no origin.
fn check_origin(request: &HttpRequest, form: &Form) -> Result<(), Problem> {
    let Some(header) = request.headers().get(ORIGIN) else { return Ok(()) };
    let origin = header.to_str().unwrap_or_default();
    if form.row.origins.iter().any(|allowed| allowed == origin) {
        if let Ok(value) = HeaderValue::from_str(origin) {
            request.extensions_mut().insert(ReadableBy(value));
        }
        return Ok(());
    }
    Err(Problem::refused(
        "form-origin-refused",
        Message::new(
            "This form takes no answers from this page; its owner can add the page's origin to the form",
            "Este formulario no recibe respuestas de esta página; su dueño puede agregar el origen al formulario",
        ),
    ))
}

/// What to tell the person.
fn thanks(form: &Form) -> String {
    let usual = Message::new("Thank you, we got your message.", "Gracias, recibimos sus datos.");
    let language = form.language().language();
    form.row.thanks_text.clone().unwrap_or_else(|| usual.in_language(language).to_owned())
}
