"""Several workers by Ray, the only folder that imports ray, inside functions, for it is optional.

What is asked of Ray is in engine/workers.py.
"""
