"""E-mail: a message that can be triaged by its subject, with the market as a picture."""
