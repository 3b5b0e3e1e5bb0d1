package parquet

import (
	"fmt"
	"io"
	"reflect"
	"time"

	pq "github.com/parquet-go/parquet-go"
)

// Type is the type of a column that a [Writer] writes.
type Type uint8

// The types, with those of the cells for [Writer.Write] and what they are in the file.
const (
	String    Type = iota // string: BYTE_ARRAY, UTF-8
	Double                // float64: DOUBLE
	Int64                 // int64: INT64
	Boolean               // bool: BOOLEAN
	Date                  // time.Time: INT32, days since 1970
	Timestamp             // time.Time: INT64, microseconds since 1970, in no time zone
)

func (t Type) String() string {
	return [...]string{"String", "Double", "Int64", "Boolean", "Date", "Timestamp"}[t]
}

// Column is a column that a [Writer] writes.
type Column struct {
	Name string
	Type Type
}

// Writer writes a Parquet file row by row. Every column may have nulls. Pages are packed with Snappy, so that pandas,
// pyarrow, DuckDB and Spark read them. The memory that it takes does not depend on the number of rows.
type Writer struct {
	columns []Column
	out     *pq.GenericWriter[any]
	rows    []pq.Row // that are not yet written
	n       int
}

const (
	batchRows = 1024
	groupRows = 1 << 17
)

// NewWriter returns a writer of a file with these columns to w. It returns an error if there are none, and for two of
// the same name.
func NewWriter(w io.Writer, columns []Column) (*Writer, error) {
	if len(columns) == 0 {
		return nil, fmt.Errorf("parquet: a file without columns, want at least one")
	}
	root := group{Group: pq.Group{}}
	for _, c := range columns {
		if _, ok := root.Group[c.Name]; ok {
			return nil, fmt.Errorf("parquet: two columns have the name %q", c.Name)
		}
		node := pq.Optional(nodes[c.Type]())
		root.Group[c.Name] = node
		root.fields = append(root.fields, field{node, c.Name})
	}
	out := &Writer{columns: columns, rows: make([]pq.Row, batchRows)}
	values := make([]pq.Value, batchRows*len(columns))
	for i := range out.rows {
		out.rows[i] = values[i*len(columns):][:len(columns):len(columns)]
	}
	schema := pq.NewSchema("table", root)
	out.out = pq.NewGenericWriter[any](w, schema, pq.Compression(&pq.Snappy), pq.MaxRowsPerRowGroup(groupRows),
		pq.CreatedBy("Lamina", "", ""))
	return out, nil
}

// nodes returns the schemas of the types.
var nodes = [...]func() pq.Node{
	String:    func() pq.Node { return pq.Encoded(pq.String(), &pq.RLEDictionary) },
	Double:    func() pq.Node { return pq.Leaf(pq.DoubleType) },
	Int64:     func() pq.Node { return pq.Leaf(pq.Int64Type) },
	Boolean:   func() pq.Node { return pq.Leaf(pq.BooleanType) },
	Date:      pq.Date,
	Timestamp: func() pq.Node { return pq.TimestampAdjusted(pq.Microsecond, false) },
}

// Write writes a row: a cell of each column's type; nil is null.
func (w *Writer) Write(row ...any) error {
	if len(row) != len(w.columns) {
		return fmt.Errorf("parquet: a row of %d cells, want %d", len(row), len(w.columns))
	}
	for i, x := range row {
		v, ok := valueOf(x, w.columns[i].Type)
		switch {
		case !ok:
			return fmt.Errorf("parquet: column %q: a %T does not fit the type %v", w.columns[i].Name, x, w.columns[i].Type)
		case x == nil:
			w.rows[w.n][i] = v.Level(0, 0, i)
		default:
			w.rows[w.n][i] = v.Level(0, 1, i)
		}
	}
	if w.n++; w.n == len(w.rows) {
		return w.flush()
	}
	return nil
}

// valueOf returns a cell of a column; false if it is not of the type.
func valueOf(x any, t Type) (pq.Value, bool) {
	switch x := x.(type) {
	case nil:
		return pq.NullValue(), true
	case string:
		return pq.ByteArrayValue([]byte(x)), t == String
	case float64:
		return pq.DoubleValue(x), t == Double
	case int64:
		return pq.Int64Value(x), t == Int64
	case bool:
		return pq.BooleanValue(x), t == Boolean
	case time.Time:
		if t == Date {
			return pq.Int32Value(int32(floorDiv(x.Unix(), 86400))), true
		}
		return pq.Int64Value(x.UnixMicro()), t == Timestamp
	}
	return pq.Value{}, false
}

// floorDiv returns a/b, rounded down.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func (w *Writer) flush() error {
	_, err := w.out.WriteRows(w.rows[:w.n])
	w.n = 0
	return err
}

// Close writes the rest and the footer. It does not close the underlying writer.
func (w *Writer) Close() error {
	if err := w.flush(); err != nil {
		return err
	}
	return w.out.Close()
}

// group is a schema whose columns keep their order; those of a pq.Group are sorted by their names.
type group struct {
	pq.Group
	fields []pq.Field
}

func (g group) Fields() []pq.Field { return g.fields }

// field is a column of a group.
type field struct {
	pq.Node
	name string
}

func (f field) Name() string { return f.name }

// Value is for rows that are maps; the writer's rows are slices of values.
func (f field) Value(row reflect.Value) reflect.Value { return row.MapIndex(reflect.ValueOf(f.name)) }
