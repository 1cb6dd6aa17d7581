"""Answers that know their own record, and what is made from it: text, JSON and files."""
