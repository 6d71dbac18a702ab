"""The files of rows that jobs read and write, and the schemas that check their results."""
