//! The steps of a template.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::{Invalid, Line, Prose};
use crate::platform::http::Fields;

/// Steps that a template may have.
const STEPS_AT_MOST: usize = 100;
/// Days that a step may take from the beginning.
const DAYS_AT_MOST: i32 = 1_000;

/// One step of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OnboardingTemplateStep, example = json!({ "title": "Capacitar al equipo", "description": null, "due_after_days": 7 }))]
pub struct TemplateStep {
    /// In one line.
    #[schema(value_type = Line<255>)]
    pub title: String,
    /// At length.
    #[schema(value_type = Option<Prose<2000>>)]
    #[serde(default)]
    pub description: Option<String>,
    /// How many days after the beginning it is due.
    #[schema(minimum = 0, maximum = 1_000)]
    #[serde(default)]
    pub due_after_days: Option<i32>,
}

/// The steps with their texts as they are stored; what is wrong is noted.
pub fn parse_steps(steps: Vec<TemplateStep>, fields: &mut Fields) -> Vec<TemplateStep> {
    if !(1..=STEPS_AT_MOST).contains(&steps.len()) {
        let reason = Invalid::new("needs 1 to 100 steps", "necesita de 1 a 100 pasos");
        fields.refuse("/steps", reason);
        return Vec::new();
    }
    let mut parsed = Vec::new();
    for (index, step) in steps.into_iter().enumerate() {
        let title = fields.take(&format!("/steps/{index}/title"), Line::<255>::parse(&step.title));
        let at = format!("/steps/{index}/description");
        let description = fields.take_optional(&at, step.description.as_deref(), Prose::<2000>::parse);
        if step.due_after_days.is_some_and(|days| !(0..=DAYS_AT_MOST).contains(&days)) {
            fields.refuse(
                &format!("/steps/{index}/due_after_days"),
                Invalid::new("must be from 0 to 1,000", "debe ser de 0 a 1 000"),
            );
        }
        parsed.extend(title.map(|title| TemplateStep {
            title: title.to_string(),
            description: description.map(|text| text.to_string()),
            due_after_days: step.due_after_days,
        }));
    }
    parsed
}
