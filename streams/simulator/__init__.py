"""A seeded match day with fixes in it: prices of many books, volume, goals, and what was fixed."""
