// What people look at is not spread evenly: few places and programmes are looked at by most, and most by few. So the
// visitors pick by Zipf's law, and how often a cache has what they want follows from that.

/** Picks a rank from 0, the most popular, by Zipf's law: the one at rank k is picked 1/(k+1)^skew as often as the first. */
export function zipf(ranks: number, skew = 1): () => number {
  const sums: number[] = [];
  let sum = 0;
  for (let rank = 0; rank < ranks; rank++) sums.push((sum += (rank + 1) ** -skew));
  return () => {
    const wanted = Math.random() * sum;
    let [from, to] = [0, ranks - 1];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (sums[middle] <= wanted) from = middle + 1;
      else to = middle;
    }
    return from;
  };
}

/** Postcodes of Sydney by how many people look for programmes there: the city, the suburbs with most families, the rest. */
export const POSTCODES = [
  '2000', '2150', '2170', '2145', '2155', '2010', '2026', '2095', '2750', '2220', '2066', '2067', '2127', '2153', '2144',
  '2560', '2200', '2077', '2030', '2020', '2031', '2204', '2065', '2148', '2154', '2166', '2177', '2208', '2211', '2228',
  '2099', '2113', '2121', '2135', '2193', '2217', '2230', '2567', '2770',
];
