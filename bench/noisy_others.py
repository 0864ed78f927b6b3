"""The question by state on OpenDP's Polars path and on Tumult, as programs for interpreters that have them.

Each prints one line: seconds of the noisy answer and of the same library's plain group-by, warm (the second of two
runs). Both bound three claims a person, and clamp what was paid to 0 to 1,000.
"""

OPENDP = """
import sys, time
import opendp.prelude as dp
import polars as pl
dp.enable_features("contrib")
claims = pl.scan_parquet(sys.argv[1]).select(
    pl.col("_modicum_person").alias("person"), pl.col("STATE"), pl.col("PAID").cast(pl.Float64)
)
states = [f"{n:02d}" for n in range(56)]

def noisy():
    context = dp.Context.compositor(
        data=claims,
        privacy_unit=dp.unit_of(contributions=3, identifier=pl.col("person")),
        privacy_loss=dp.loss_of(epsilon=1.0, delta=1e-9),
        split_evenly_over=1,
        margins=[dp.polars.Margin(by=[], max_length=100_000_000)],
    )
    keys = pl.LazyFrame({"STATE": states})
    query = context.query().truncate_per_group(3).group_by("STATE").agg(
        dp.len(), pl.col("PAID").fill_null(0.0).fill_nan(0.0).dp.sum((0.0, 1000.0))
    ).with_keys(keys)
    return query.release().collect(engine="streaming")

def plain():
    return claims.group_by("STATE").agg(pl.col("person").n_unique(), pl.col("PAID").sum()).collect(engine="streaming")

def timed(work):
    work()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began

ours, theirs = timed(noisy), timed(plain)
print(f"{ours:7.2f} s, its own plain group-by {theirs:.2f} s, ratio {ours / theirs:.2f}")
"""

TUMULT = """
import sys, time
from pyspark.sql import SparkSession
from tmlt.analytics import AddRowsWithID, KeySet, MaxRowsPerID, QueryBuilder, Session, ApproxDPBudget
spark = SparkSession.builder.config("spark.driver.memory", "8g").getOrCreate()
columns = "cast(_modicum_person as long) as person", "STATE", "cast(PAID as double) as PAID"
claims = spark.read.parquet(sys.argv[1]).selectExpr(*columns)
states = KeySet.from_dict({"STATE": [f"{n:02d}" for n in range(56)]})

def noisy():
    session = Session.from_dataframe(
        privacy_budget=ApproxDPBudget(1, 1e-9), source_id="claims", dataframe=claims,
        protected_change=AddRowsWithID(id_column="person"),
    )
    bounded = QueryBuilder("claims").enforce(MaxRowsPerID(3))
    half = ApproxDPBudget(0.5, 5e-10)
    session.evaluate(bounded.groupby(states).count(), half).collect()
    session.evaluate(bounded.groupby(states).sum("PAID", 0, 1000), half).collect()

def plain():
    claims.groupby("STATE").agg({"PAID": "sum", "person": "approx_count_distinct"}).collect()

def timed(work):
    work()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began

ours, theirs = timed(noisy), timed(plain)
print(f"{ours:7.2f} s, its own plain group-by {theirs:.2f} s, ratio {ours / theirs:.2f}")
"""

OTHERS = {"opendp": (OPENDP, "opendp[polars]"), "tumult": (TUMULT, "tmlt.analytics and Java")}
