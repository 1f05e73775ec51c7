import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as client_murmur2

from shared.log.partitioning import murmur2, partition_of

# From Apache Kafka's own UtilsTest.testMurmur2 (signed there, as Java prints them).
KAFKA_VECTORS = [
    (b"21", -973932308),
    (b"foobar", -790332482),
    (b"a-little-bit-long-string", -985981536),
    (b"a-little-bit-longer-string", -1486304829),
    (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
    (b"abc", 479470107),
]


@pytest.mark.parametrize(("key", "signed"), KAFKA_VECTORS)
def test_the_hash_equals_kafkas_test_vectors(key: bytes, signed: int) -> None:
    assert murmur2(key) == signed % 2**32


@given(st.binary(max_size=40))
def test_the_hash_equals_the_client_librarys(key: bytes) -> None:
    assert murmur2(key) == client_murmur2(key)


def test_a_negative_hash_maps_to_a_partition() -> None:
    # (-973932308 & 0x7fffffff) % 8, by hand: 1173551340 = 8 x 146693917 + 4.
    assert partition_of(b"21", 8) == 4
