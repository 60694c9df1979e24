-- Two regions, one window each: an order that is four seconds late counts, one that comes after its window is closed does not.
==== script query.sql
==== input orders
{"order_id": "1", "region": "north", "status": "new", "amount": "10.00", "ts": "2026-01-01 00:00:01"}
{"order_id": "2", "region": "south", "status": "new", "amount": "5.50", "ts": "2026-01-01 00:00:30"}
{"order_id": "3", "region": "north", "status": "new", "amount": "2.25", "ts": "2026-01-01 00:00:59"}
{"order_id": "4", "region": "north", "status": "new", "amount": "1.00", "ts": "2026-01-01 00:01:03"}
==== expect
{"region": "north", "window_start": "2026-01-01 00:00:00", "orders": 2, "revenue": "12.25"}
{"region": "south", "window_start": "2026-01-01 00:00:00", "orders": 1, "revenue": "5.50"}
{"region": "north", "window_start": "2026-01-01 00:01:00", "orders": 1, "revenue": "1.00"}
