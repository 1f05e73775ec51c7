"""The store on Cassandra: the only package that uses the driver. Entry point:
`adapter.CassandraStore`.
"""
