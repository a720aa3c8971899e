package errcode

import (
	"iter"
	"maps"
	"slices"
	"sync"
)

// row is what this package knows about one code. A file table_….go per area lists the rows, in the order
// of their numbers so that they compare easily with WeChat's pages.
type row struct {
	code    Code
	class   Class
	retry   Retry
	meaning string
}

// areas are the parts of the table. No code is in two of them.
var areas = [][]row{
	generalRows, messageRows, templateRows, mediaRows, agentRows, userRows, menuRows, componentRows, linkRows,
}

// table is built by the first lookup: most programs that import this package never need it.
var table = sync.OnceValue(func() map[Code]row {
	m := make(map[Code]row, 512)
	for _, rows := range areas {
		for _, r := range rows {
			m[r.code] = r
		}
	}
	return m
})

// lookup returns the row of a code, the zero row if there is none.
func lookup(c Code) row { return table()[c] }

// All yields every code that this package knows, in rising order.
func All() iter.Seq[Code] {
	return slices.Values(slices.Sorted(maps.Keys(table())))
}
