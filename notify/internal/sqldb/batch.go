package sqldb

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Statement is a constant text for many rows at once. In it {id text, at bigint} stands for a table v with these
// columns and ord, the number of the row, whose rows are handed over as a [Table]; "/*skip*/" behind FOR UPDATE stands for
// the clause that passes over rows of other transactions. SQLite, where a transaction has all of the database, gets
// neither. Parameters besides the table are $1, $2.
//
// "CROSS JOIN" behind the table keeps SQLite from looking at the table row by row of the other.
type Statement struct {
	Name             string // for errors
	postgres, sqlite string
	standard         string // for PostgreSQL by whatever driver, each of which writes arrays in its own way
	columns          int
}

var (
	tableMark = regexp.MustCompile(`\{([a-z_,\s]+)\}`)
	argMark   = regexp.MustCompile(`\$([0-9]+)`)
	constants sync.Map // texts for SQLite, each of which a connection prepares once
)

// NewStatement makes a statement of a text. It panics where the text makes none, which a test sees.
func NewStatement(name, text string) *Statement {
	last := 0
	for _, m := range argMark.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(m[1])
		last = max(last, n)
	}
	s := &Statement{Name: name, postgres: text, sqlite: text, standard: text}
	if m := tableMark.FindStringSubmatch(text); m != nil {
		var arrays, names, extracts, fields []string
		for i, column := range strings.Split(m[1], ",") {
			name, kind, found := strings.Cut(strings.TrimSpace(column), " ")
			if !found || (kind != "text" && kind != "bigint") {
				panic(fmt.Sprintf("sqldb: %s: column %q", s.Name, column))
			}
			arrays = append(arrays, fmt.Sprintf("$%d::%s[]", last+1+i, kind))
			names = append(names, name)
			extracts = append(extracts, fmt.Sprintf("json_extract(value, '$[%d]') AS %s", i, name))
			fields = append(fields, fmt.Sprintf("(value->>%d)::%s AS %s", i, kind, name))
		}
		s.columns = len(names)
		list := strings.Join(names, ", ")
		s.postgres = strings.Replace(text, m[0],
			"unnest("+strings.Join(arrays, ", ")+") WITH ORDINALITY AS v("+list+", ord)", 1)
		s.standard = strings.Replace(text, m[0], "(SELECT "+strings.Join(fields, ", ")+", ord FROM json_array_elements($"+
			strconv.Itoa(last+1)+"::json) WITH ORDINALITY AS e(value, ord)) AS v", 1)
		s.sqlite = strings.Replace(text, m[0],
			"(SELECT "+strings.Join(extracts, ", ")+", key AS ord FROM json_each($"+strconv.Itoa(last+1)+")) AS v", 1)
	}
	s.postgres = strings.ReplaceAll(s.postgres, "/*skip*/", "SKIP LOCKED")
	s.standard = strings.ReplaceAll(s.standard, "/*skip*/", "SKIP LOCKED")
	s.sqlite = strings.ReplaceAll(forUpdate.ReplaceAllString(s.sqlite, ""), "/*skip*/", "")
	constants.Store(s.sqlite, true)
	return s
}

// forUpdate is what SQLite does not know.
var forUpdate = regexp.MustCompile(`FOR (NO KEY )?UPDATE( OF [a-z]+)?`)

// Table is the rows that a [Statement] is run for. The zero value has none.
type Table struct {
	columns []any // *[]string or *[]int64
	rows    int
}

// Add adds a row of strings and int64s, of the same kinds in each row.
func (t *Table) Add(values ...any) {
	if t.columns == nil {
		for _, v := range values {
			if _, text := v.(string); text {
				t.columns = append(t.columns, new([]string))
			} else {
				t.columns = append(t.columns, new([]int64))
			}
		}
	}
	for i, v := range values {
		switch column := t.columns[i].(type) {
		case *[]string:
			*column = append(*column, v.(string))
		case *[]int64:
			*column = append(*column, v.(int64))
		}
	}
	t.rows++
}

// Len returns the number of rows.
func (t *Table) Len() int { return t.rows }

// arrays returns the columns as PostgreSQL takes them.
func (t *Table) arrays() []any {
	list := make([]any, len(t.columns))
	for i, c := range t.columns {
		switch c := c.(type) {
		case *[]string:
			list[i] = *c
		case *[]int64:
			list[i] = *c
		}
	}
	return list
}

// json returns the rows as SQLite takes them, and PostgreSQL by whatever driver.
func (t *Table) json() string {
	out := make([]byte, 0, 2+t.rows*len(t.columns)*16)
	out = append(out, '[')
	for row := range t.rows {
		for i, c := range t.columns {
			out = append(out, ",["[min(1, 1-min(1, i))])
			switch c := c.(type) {
			case *[]string:
				out = appendJSON(out, (*c)[row])
			case *[]int64:
				out = strconv.AppendInt(out, (*c)[row], 10)
			}
		}
		out = append(out, "],"...)
	}
	if t.rows > 0 {
		out = out[:len(out)-1]
	}
	return string(append(out, ']'))
}

func appendJSON(out []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c > '~' {
			quoted, _ := json.Marshal(text) // of a string it cannot fail
			return append(out, quoted...)
		}
	}
	out = append(out, '"')
	out = append(out, text...)
	return append(out, '"')
}
