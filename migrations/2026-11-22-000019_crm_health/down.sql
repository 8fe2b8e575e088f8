DROP TABLE crm.health_history, crm.health;
