"""The types of the protocol: params, results, entities and notifications, one file for each noun.

Import from the files, so that a start-up reads only what it needs; `catalog` lists them all.
"""
