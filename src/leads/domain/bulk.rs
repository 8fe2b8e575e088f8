//! What is done to many leads at once, decided lead by lead.

use super::details::{MOST_TAGS, joined_tags};
use super::{Lead, Status};
use crate::kernel::{Line, Message};
use crate::platform::auth::UserId;

/// What is done to each lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkAction {
    /// It is given to a user.
    Assign(UserId),
    /// It gets these tags too.
    AddTags(Vec<Line<50>>),
    /// It loses these tags.
    RemoveTags(Vec<Line<50>>),
    /// It moves to a state; the reason is of disqualifying.
    Status(Status, Option<String>),
    /// It is deleted.
    Delete,
}

/// What an action would do to a lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It changes it.
    Change,
    /// The lead is as it would be.
    Nothing,
    /// It may not.
    Refuse(Message),
}

impl BulkAction {
    /// What it would do to `lead`.
    pub fn decide(&self, lead: &Lead) -> Decision {
        let changes = match self {
            Self::Assign(owner) => lead.owner != Some(*owner),
            Self::AddTags(_) | Self::RemoveTags(_) => {
                let tags = self.tags(lead);
                if tags.len() > MOST_TAGS {
                    return Decision::Refuse(Message::new(
                        "it would have more than 50 tags",
                        "tendría más de 50 etiquetas",
                    ));
                }
                tags != lead.details.tags
            }
            Self::Status(to, _) if lead.status == *to => false,
            Self::Status(to, _) if *to == Status::Converted || lead.status.go(*to).is_err() => {
                let (from, to) = (lead.status.as_str(), to.as_str());
                return Decision::Refuse(Message::formatted(
                    format!("a lead that is `{from}` cannot become `{to}` here"),
                    format!("un prospecto en `{from}` no puede pasar a `{to}` aquí"),
                ));
            }
            Self::Status(..) | Self::Delete => true,
        };
        if changes { Decision::Change } else { Decision::Nothing }
    }

    /// The tags that `lead` has afterwards.
    pub fn tags(&self, lead: &Lead) -> Vec<Line<50>> {
        let tags = &lead.details.tags;
        match self {
            Self::AddTags(more) => joined_tags(tags, more),
            Self::RemoveTags(less) => tags.iter().filter(|tag| !less.contains(tag)).cloned().collect(),
            _ => tags.clone(),
        }
    }
}
