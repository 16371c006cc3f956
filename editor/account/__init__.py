"""The pages of one's own account. Verbs are those of accounts, webhooks and processing; here are forms and words."""
