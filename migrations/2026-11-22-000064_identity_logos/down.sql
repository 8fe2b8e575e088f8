DROP TABLE identity.logos;
