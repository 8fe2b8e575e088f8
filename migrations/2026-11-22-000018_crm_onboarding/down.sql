DROP TABLE crm.onboarding_steps, crm.onboardings, crm.onboarding_templates;
