"""Files of rows as jobs read and write them, and the schemas that results are checked against."""
