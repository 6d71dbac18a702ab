"""The typed wire: params, results, entities and notifications, a noun a file.

Import from the files, so that a start-up reads only what it needs; `catalog` lists them all.
"""
