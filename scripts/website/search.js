// Stands before the worker of the search. The search finds any of the words asked for, and
// a word in a title counts a thousand times: right for a word or two, noise for a pasted
// error. A sentence is looked for in the text alone, by the words that say something.
const COMMON = new Set(
  `all and any are been but can cannot could does for from get given got has have into its may
  more must not only out per should than that the then this use used was were when will with you
  your`.split(/\s+/),
)
addEventListener("message", ({data}) => {
  if (data.type !== 2) return
  // In code and in errors, the signs of the search are no commands.
  const query = data.data.replace(/[:~^=*]+/g, " ")
  const words = query.match(/(?<![\w.])[a-z_][\w.]*\w/gi) ?? []
  const telling = words.filter(word => word.length > 2 && !COMMON.has(word.toLowerCase()))
  data.data = words.length > 3 && telling.length ? telling.map(word => `text:${word}^1`).join(" ") : query
})
