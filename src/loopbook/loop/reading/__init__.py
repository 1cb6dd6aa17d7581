"""A folder or workbook of tables, read to a loop: all findings at once, each with its line."""
