"""The seal wing: what leaves, closed to everybody but its recipients.

age        the one doorway to age; the one-time key
sealed     data on its way into age, measured
manifest   what a package says of itself, signed
papers     data package, terms, how to open it
package    the container, written and opened
"""
