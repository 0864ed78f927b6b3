"""The question by state on OpenDP's Polars path and on Tumult, as programs for interpreters that have them.

Each prints one line: seconds of the noisy answer and of the same library's plain group-by, warm (the second of two
runs). What was paid is clamped to 0 to 1,000. OpenDP is asked for pure epsilon, and the seconds in which it makes a
query are told apart. It enforces a bound on a person's claims at a cost that grows faster than the rows: that is shown
on few of them.
"""

OPENDP = """
import sys, time
import opendp.prelude as dp
import polars as pl
dp.enable_features("contrib")
columns = pl.col("_modicum_person").alias("person"), pl.col("STATE"), pl.col("PAID").cast(pl.Float64)
claims = pl.scan_parquet(sys.argv[1]).select(*columns)
keys = pl.LazyFrame({"STATE": [f"{n:02d}" for n in range(56)]})

def noisy(rows, unit, bound):
    context = dp.Context.compositor(
        data=rows, privacy_unit=unit, privacy_loss=dp.loss_of(epsilon=1.0), split_evenly_over=1,
        margins=[dp.polars.Margin(by=[], max_length=100_000_000)],
    )
    query = bound(context.query()).group_by("STATE").agg(
        dp.len(signed=True), pl.col("PAID").fill_null(0.0).fill_nan(0.0).dp.sum((0.0, 1000.0))
    )
    return query.with_keys(keys).release()

def plain(rows):
    return rows.group_by("STATE").agg(pl.col("person").n_unique(), pl.col("PAID").sum()).collect(engine="streaming")

def timed(work):
    work()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began

few = claims.head(500_000)
said = []
for what, rows, unit, bound in (
    ("all rows, three a person taken on trust", claims, dp.unit_of(contributions=3), lambda query: query),
    ("500,000 rows, three a person enforced", few, dp.unit_of(contributions=3, identifier=pl.col("person")),
     lambda query: query.truncate_per_group(3)),
):
    began = time.perf_counter()
    first, second = noisy(rows, unit, bound), noisy(rows, unit, bound)
    ready, waiting = (time.perf_counter() - began) / 2, [first, second]
    ours, theirs = timed(lambda: waiting.pop().collect()), timed(lambda: plain(rows))
    said.append(f"{what}: {ours:.2f} s after {ready:.1f} s to make the query, "
        f"its own plain group-by {theirs:.2f} s, ratio {ours / theirs:.1f}")
print("; ".join(said))
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
