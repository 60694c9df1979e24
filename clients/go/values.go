package weir

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"time"

	"weir.dev/client/internal/weirv1"
)

// Row is one row, by column name. Nothing is rounded:
//
//	BOOLEAN        bool
//	INT, BIGINT    int64
//	DOUBLE         float64
//	DECIMAL        Decimal
//	STRING         string
//	BYTES          []byte
//	TIMESTAMP      time.Time, in UTC, to the microsecond
//	DATE           Date
//	TIME           TimeOfDay
//	INTERVAL       Interval
//	JSON           json.RawMessage
//	ARRAY          []any
//	MAP            Map
//	STRUCT         Row
//	NULL           nil
type Row map[string]any

// Decimal is a DECIMAL with all of its digits, such as "-12.50".
type Decimal string

var decimalText = regexp.MustCompile(`^-?\d{1,38}(\.\d{1,38})?$`)

// Rat is the number to compute with.
func (d Decimal) Rat() (*big.Rat, bool) { return new(big.Rat).SetString(string(d)) }

// MarshalJSON writes the digits as a number.
func (d Decimal) MarshalJSON() ([]byte, error) {
	if !decimalText.MatchString(string(d)) {
		return nil, fmt.Errorf("not a decimal: %q", string(d))
	}
	return []byte(d), nil
}

// Date is a day, without a time zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

func (d Date) days() int32 {
	return int32(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)
}

// MarshalJSON writes the date as a text.
func (d Date) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

const secondsOfDay = 86_400

// TimeOfDay is the time since midnight, to the microsecond.
type TimeOfDay time.Duration

func (t TimeOfDay) String() string {
	moment := time.Time{}.Add(time.Duration(t))
	if moment.Nanosecond()%int(time.Millisecond) == 0 {
		return moment.Format("15:04:05.000")
	}
	return moment.Format("15:04:05.000000")
}

// MarshalJSON writes the time as a text.
func (t TimeOfDay) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

// Interval is a time between two moments, in milliseconds. A time.Duration ends after 292 years.
type Interval int64

// Duration is the interval as Go has it, where it fits.
func (i Interval) Duration() time.Duration { return time.Duration(i) * time.Millisecond }

// Map has the entries of a MAP in their order.
type Map []MapEntry

// MapEntry is one entry of a Map.
type MapEntry struct{ Key, Value any }

// Column is a column of a result.
type Column struct {
	Name string
	// Type is as SQL writes it: DECIMAL(12, 2).
	Type     string
	Nullable bool
}

// Mode says how the rows of a result change over time: append, upsert or retract.
type Mode string

// How the rows of a result change over time.
const (
	Append  Mode = "append"
	Upsert  Mode = "upsert"
	Retract Mode = "retract"
)

// Schema is what a result is made of.
type Schema struct {
	Columns []Column
	// Key names the columns that identify a row; empty when rows have no key.
	Key []string
	// Time is the name of the event-time column; empty when the rows carry none.
	Time string
	Mode Mode
}

func readSchema(wire *weirv1.Schema) Schema {
	schema := Schema{Mode: Append}
	for _, column := range wire.GetColumns() {
		schema.Columns = append(schema.Columns, Column{column.GetName(), column.GetType().GetSql(), column.GetNullable()})
	}
	for _, index := range wire.GetKeyColumns() {
		schema.Key = append(schema.Key, schema.Columns[index].Name)
	}
	if wire.TimeColumn != nil {
		schema.Time = schema.Columns[wire.GetTimeColumn()].Name
	}
	switch wire.GetChangelogMode() {
	case weirv1.ChangelogMode_CHANGELOG_MODE_UPSERT:
		schema.Mode = Upsert
	case weirv1.ChangelogMode_CHANGELOG_MODE_RETRACT:
		schema.Mode = Retract
	}
	return schema
}

func readRow(fields []*weirv1.Column, values []*weirv1.Value) Row {
	row := make(Row, len(fields))
	for i, field := range fields {
		var value *weirv1.Value
		if i < len(values) {
			value = values[i]
		}
		row[field.GetName()] = readValue(value, field.GetType())
	}
	return row
}

func readValue(value *weirv1.Value, typ *weirv1.Type) any {
	switch kind := value.GetKind().(type) {
	case nil, *weirv1.Value_NullValue:
		return nil
	case *weirv1.Value_BoolValue:
		return kind.BoolValue
	case *weirv1.Value_Int64Value:
		return kind.Int64Value
	case *weirv1.Value_DoubleValue:
		return kind.DoubleValue
	case *weirv1.Value_DecimalValue:
		return Decimal(kind.DecimalValue)
	case *weirv1.Value_StringValue:
		return kind.StringValue
	case *weirv1.Value_BytesValue:
		return kind.BytesValue
	case *weirv1.Value_TimestampMicros:
		return time.UnixMicro(kind.TimestampMicros).UTC()
	case *weirv1.Value_DateDays:
		year, month, day := time.Unix(int64(kind.DateDays)*secondsOfDay, 0).UTC().Date()
		return Date{year, month, day}
	case *weirv1.Value_TimeMicros:
		return TimeOfDay(time.Duration(kind.TimeMicros) * time.Microsecond)
	case *weirv1.Value_IntervalMillis:
		return Interval(kind.IntervalMillis)
	case *weirv1.Value_JsonValue:
		return json.RawMessage(kind.JsonValue)
	case *weirv1.Value_ListValue:
		items := make([]any, len(kind.ListValue.GetValues()))
		for i, item := range kind.ListValue.GetValues() {
			items[i] = readValue(item, typ.GetElement())
		}
		return items
	case *weirv1.Value_MapValue:
		entries := make(Map, len(kind.MapValue.GetEntries()))
		for i, entry := range kind.MapValue.GetEntries() {
			entries[i] = MapEntry{readValue(entry.GetKey(), typ.GetKey()), readValue(entry.GetValue(), typ.GetElement())}
		}
		return entries
	case *weirv1.Value_StructValue:
		return readRow(typ.GetFields(), kind.StructValue.GetValues())
	default:
		// Of a newer server: better a text than nothing.
		return value.String()
	}
}

// writeParameters turns the values of $1, $2, … into what is sent. They have the type of their Go value: a float64 is a DOUBLE also
// where it is whole.
func writeParameters(values []any) ([]*weirv1.Value, error) {
	written := make([]*weirv1.Value, len(values))
	for i, value := range values {
		wire, err := writeParameter(value)
		if err != nil {
			return nil, fmt.Errorf("parameter $%d: %w", i+1, err)
		}
		written[i] = wire
	}
	return written, nil
}

func writeParameter(value any) (*weirv1.Value, error) {
	switch value := value.(type) {
	case nil:
		return &weirv1.Value{Kind: &weirv1.Value_NullValue{}}, nil
	case bool:
		return &weirv1.Value{Kind: &weirv1.Value_BoolValue{BoolValue: value}}, nil
	case int:
		return integer(int64(value)), nil
	case int32:
		return integer(int64(value)), nil
	case int64:
		return integer(value), nil
	case uint64:
		if value > math.MaxInt64 {
			return nil, fmt.Errorf("%d does not fit 64 bits with a sign: give a Decimal", value)
		}
		return integer(int64(value)), nil
	case float64:
		return &weirv1.Value{Kind: &weirv1.Value_DoubleValue{DoubleValue: value}}, nil
	case Decimal:
		if !decimalText.MatchString(string(value)) {
			return nil, fmt.Errorf("not a decimal: %q", string(value))
		}
		return &weirv1.Value{Kind: &weirv1.Value_DecimalValue{DecimalValue: string(value)}}, nil
	case string:
		return &weirv1.Value{Kind: &weirv1.Value_StringValue{StringValue: value}}, nil
	case []byte:
		return &weirv1.Value{Kind: &weirv1.Value_BytesValue{BytesValue: value}}, nil
	case time.Time:
		return &weirv1.Value{Kind: &weirv1.Value_TimestampMicros{TimestampMicros: value.UnixMicro()}}, nil
	case Date:
		return &weirv1.Value{Kind: &weirv1.Value_DateDays{DateDays: value.days()}}, nil
	case TimeOfDay:
		return &weirv1.Value{Kind: &weirv1.Value_TimeMicros{TimeMicros: time.Duration(value).Microseconds()}}, nil
	case Interval:
		return &weirv1.Value{Kind: &weirv1.Value_IntervalMillis{IntervalMillis: int64(value)}}, nil
	case time.Duration:
		return &weirv1.Value{Kind: &weirv1.Value_IntervalMillis{IntervalMillis: value.Milliseconds()}}, nil
	case []any:
		items, err := writeParameters(value)
		if err != nil {
			return nil, err
		}
		return &weirv1.Value{Kind: &weirv1.Value_ListValue{ListValue: &weirv1.ListValue{Values: items}}}, nil
	default:
		return nil, fmt.Errorf("can't send a %T", value)
	}
}

func integer(value int64) *weirv1.Value {
	return &weirv1.Value{Kind: &weirv1.Value_Int64Value{Int64Value: value}}
}
