#include "sw/ike/v2/sa/half_open_table.h"

#include <gtest/gtest.h>

namespace vam::ike::v2 {
namespace {

Ends From(const char* address, uint16_t port = 500) {
  Ends ends;
  ends.remote = *net::Address::Parse(address);
  ends.remote_port = port;
  return ends;
}

TEST(HalfOpenTableTest, ARequestIsFoundByWhereItCameFrom) {
  HalfOpenTable table;
  table.Add(From("192.0.2.1"), 7, 70);
  EXPECT_EQ(table.Find(From("192.0.2.1"), 7), 70U);
  EXPECT_EQ(table.Find(From("192.0.2.1"), 8), 0U);
  EXPECT_EQ(table.Find(From("192.0.2.1", 501), 7), 0U);
  EXPECT_EQ(table.Find(From("192.0.2.2"), 7), 0U);
  table.Remove(70);
  EXPECT_EQ(table.Find(From("192.0.2.1"), 7), 0U);
  table.Remove(70);
  EXPECT_EQ(table.size(), 0U);
}

TEST(HalfOpenTableTest, CustomersAndNeighboursAreCounted) {
  struct Row {
    const char* added;
    size_t of_one, around;  // of the first row's address, after each
  };
  const auto run = [](std::initializer_list<Row> rows) {
    HalfOpenTable table;
    const net::Address first = From(rows.begin()->added).remote;
    uint64_t spi = 0;
    for (const Row& row : rows) {
      table.Add(From(row.added), 1, ++spi);
      EXPECT_EQ(table.of(first), row.of_one) << row.added;
      EXPECT_EQ(table.around(first), row.around) << row.added;
    }
    EXPECT_EQ(table.size(), rows.size());
    for (; spi > 0; --spi) table.Remove(spi);
    EXPECT_EQ(table.of(first) + table.around(first) + table.size(), 0U);
  };
  run({{"192.0.2.1", 1, 1}, {"192.0.2.255", 1, 2}, {"192.0.3.1", 1, 2}});
  run({{"2001:db8:0:1::1", 1, 1},
       {"2001:db8:0:1:ffff::2", 2, 2},
       {"2001:db8:0:2::1", 2, 3},
       {"2001:db8:1::1", 2, 3}});
}

}  // namespace
}  // namespace vam::ike::v2
