"""How a result looks: JSON, tables, the annotated picture."""
