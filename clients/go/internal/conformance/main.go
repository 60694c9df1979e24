// Command conformance runs the cases of clients/conformance with the Go client: conformance ADDRESS CASES.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	weir "weir.dev/client"
)

type step struct {
	Do             string            `json:"do"`
	SQL            lines             `json:"sql"`
	Parameters     []json.RawMessage `json:"parameters"`
	TimeoutMs      int               `json:"timeoutMs"`
	Take           int               `json:"take"`
	UntilWatermark bool              `json:"untilWatermark"`
	Stream         string            `json:"stream"`
	Name           string            `json:"name"`
	Records        []json.RawMessage `json:"records"`
	Count          int               `json:"count"`
	Bytes          int               `json:"bytes"`
	Batch          int               `json:"batch"`
	InFlight       int               `json:"inFlight"`
	ProducerID     string            `json:"producerId"`
	FirstSequence  int64             `json:"firstSequence"`
	Snapshot       *bool             `json:"snapshot"`
	From           string            `json:"from"`
	Store          string            `json:"store"`
	Action         string            `json:"action"`
	Restarts       int               `json:"restarts"`
	StallMs        int               `json:"stallMs"`
}

// lines is a text, or its lines.
type lines string

func (l *lines) UnmarshalJSON(data []byte) error {
	var many []string
	if json.Unmarshal(data, &many) == nil {
		*l = lines(strings.Join(many, "\n"))
		return nil
	}
	return json.Unmarshal(data, (*string)(l))
}

type result map[string]any

const (
	// blocked: without an acknowledgement for so long, a writer takes no more.
	blocked = 500 * time.Millisecond
	// doubles: a row that comes twice would come within it.
	doubles = 300 * time.Millisecond
	atMost  = 20 * time.Second
)

type driver struct {
	address string
	client  *weir.Client
	tokens  map[string]string
	answers *bufio.Reader
}

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(address, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var file struct {
		Cases []struct {
			Name  string `json:"name"`
			Steps []step `json:"steps"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return err
	}
	d := &driver{address: address, tokens: map[string]string{}, answers: bufio.NewReader(os.Stdin)}
	if err := d.connect(); err != nil {
		return err
	}
	for _, one := range file.Cases {
		for index, step := range one.Steps {
			tell(result{"case": one.Name, "step": index, "result": d.attempt(step)})
		}
	}
	return d.client.Close()
}

func (d *driver) connect() error {
	fast := grpc.ConnectParams{Backoff: backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 2, MaxDelay: blocked}}
	options := &weir.Options{ConnectTimeout: atMost, DialOptions: []grpc.DialOption{grpc.WithConnectParams(fast)}}
	client, err := weir.Connect(context.Background(), d.address, options)
	d.client = client
	return err
}

func tell(line result) {
	encoded, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(encoded))
}

// ask whoever runs the server; the answer comes when it is done.
func (d *driver) ask(action string) {
	tell(result{"server": action})
	_, _ = d.answers.ReadString('\n')
}

func (d *driver) attempt(s step) result {
	steps := map[string]func(context.Context, step) (result, error){
		"execute": d.execute, "query": d.query, "subscribe": d.subscribe, "ingest": d.ingest, "validate": d.validate,
		"explain": d.explain, "server": d.server, "fill": d.fill, "follow": d.follow, "slow": d.slow, "stalled": d.stalled,
	}
	perform, ok := steps[s.Do]
	if !ok {
		return result{"unknown": s.Do}
	}
	ctx, cancel := context.WithCancel(context.Background())
	if s.TimeoutMs > 0 {
		ctx, cancel = context.WithTimeout(context.Background(), time.Duration(s.TimeoutMs)*time.Millisecond)
	}
	defer cancel()
	given, err := perform(ctx, s)
	var refused *weir.Error
	switch {
	case errors.As(err, &refused):
		return result{"error": result{
			"status": refused.Status, "reason": refused.Reason, "retry": refused.Retry, "message": refused.Message,
			"hint": refused.Hint, "diagnostics": showDiagnostics(refused.Diagnostics),
		}}
	case err != nil:
		return result{"crash": err.Error()}
	default:
		return given
	}
}

func (d *driver) execute(ctx context.Context, s step) (result, error) {
	parameters, err := valuesFrom(s.Parameters)
	if err != nil {
		return nil, err
	}
	statements, err := d.client.Execute(ctx, string(s.SQL), parameters...)
	if err != nil {
		return nil, err
	}
	results := make([]result, len(statements))
	for i, statement := range statements {
		results[i] = result{"kind": statement.Kind, "statement": statement.Statement}
		switch statement.Kind {
		case "table":
			results[i]["columns"], results[i]["rows"] = statement.Columns, statement.Cells
		case "text":
			results[i]["text"] = statement.Text
		case "rows":
			showSchema(results[i], statement.Schema)
			rows := [][]any{}
			for _, row := range statement.Rows {
				rows = append(rows, showRow(nil, statement.Schema, row))
			}
			results[i]["rows"] = rows
		}
	}
	return result{"results": results, "settings": d.client.Settings()}, nil
}

func (d *driver) query(ctx context.Context, s step) (result, error) {
	parameters, err := valuesFrom(s.Parameters)
	if err != nil {
		return nil, err
	}
	return collect(d.client.Query(ctx, string(s.SQL), parameters...).Events(), s)
}

func (d *driver) subscribe(ctx context.Context, s step) (result, error) {
	options := &weir.SubscribeOptions{ResumeToken: d.tokens[s.From], SkipSnapshot: s.Snapshot != nil && !*s.Snapshot}
	subscription := d.client.Subscribe(ctx, s.Name, options)
	collected, err := collect(subscription.Events(), s)
	if s.Store != "" {
		d.tokens[s.Store] = subscription.ResumeToken()
	}
	return collected, err
}

// collect up to so many changes, or to a watermark, or to the end.
func collect(events iter.Seq2[weir.Event, error], s step) (result, error) {
	collected := result{"watermark": nil, "end": nil}
	changes := [][]any{}
	snapshot := 0
	var schema weir.Schema
	for event, err := range events {
		if err != nil {
			return nil, err
		}
		switch event := event.(type) {
		case weir.Header:
			schema = event.Schema
			showSchema(collected, schema)
			collected["continuous"] = event.Continuous
		case weir.Batch:
			for _, change := range event.Changes {
				changes = append(changes, showRow([]any{change.Kind}, schema, change.Row))
			}
			if event.Snapshot {
				snapshot += len(event.Changes)
			}
		case weir.Watermark:
			collected["watermark"] = event.Time.UnixMilli()
			if event.EndOfTime {
				collected["watermark"] = "end"
			}
		case weir.End:
			collected["end"] = event.Rows
		}
		if s.Take > 0 && len(changes) >= s.Take && (!s.UntilWatermark || collected["watermark"] != nil) {
			break
		}
	}
	collected["changes"], collected["snapshot"] = changes, snapshot
	return collected, nil
}

func (d *driver) ingest(ctx context.Context, s step) (result, error) {
	options := &weir.IngestOptions{ProducerID: s.ProducerID, FirstSequence: s.FirstSequence, BatchRecordsMax: s.Batch}
	writer := d.client.Ingest(ctx, s.Stream, options)
	records, err := valuesFrom(s.Records)
	for _, record := range records {
		if err == nil {
			err = writer.Write(ctx, record)
		}
	}
	err = errors.Join(err, writer.Close(ctx))
	return result{
		"appended": writer.Appended(), "duplicates": writer.Duplicates(), "nextSequence": writer.NextSequence(),
	}, err
}

func (d *driver) validate(ctx context.Context, s step) (result, error) {
	diagnostics, err := d.client.Validate(ctx, string(s.SQL))
	return result{"diagnostics": showDiagnostics(diagnostics)}, err
}

func (d *driver) explain(ctx context.Context, s step) (result, error) {
	text, err := d.client.Explain(ctx, string(s.SQL))
	return result{"text": text}, err
}

func (d *driver) server(_ context.Context, s step) (result, error) {
	d.ask(s.Action)
	if s.Action == "pause" || s.Action == "continue" {
		return result{}, nil
	}
	return result{}, errors.Join(d.client.Close(), d.connect())
}

func (d *driver) fill(ctx context.Context, s step) (result, error) {
	writer := d.client.Ingest(ctx, s.Stream, nil)
	pad := strings.Repeat("x", s.Bytes)
	for id := range s.Count {
		if err := writer.Write(ctx, map[string]any{"id": id, "pad": pad}); err != nil {
			return nil, err
		}
	}
	err := writer.Close(ctx)
	return result{"appended": writer.Appended()}, err
}

// follow: a writer and a reader go on while the server is killed under them.
func (d *driver) follow(ctx context.Context, s step) (result, error) {
	var reconnects atomic.Int64
	var mutex sync.Mutex
	times := map[any]int{}
	distinct := func() int {
		mutex.Lock()
		defer mutex.Unlock()
		return len(times)
	}
	reading, leave := context.WithCancel(ctx)
	defer leave()
	options := &weir.SubscribeOptions{OnReconnect: func(error, int) { reconnects.Add(1) }}
	done := make(chan error, 1)
	go func() {
		for change, err := range d.client.Subscribe(reading, s.Name, options).Changes() {
			if err != nil {
				done <- err
				return
			}
			mutex.Lock()
			times[change.Row["id"]]++
			mutex.Unlock()
		}
	}()
	writer := d.client.Ingest(ctx, s.Stream, &weir.IngestOptions{BatchRecordsMax: s.Batch})
	each := (s.Count + s.Restarts) / (s.Restarts + 1)
	for id := range s.Count {
		if id > 0 && id%each == 0 {
			d.ask("kill")
		}
		if err := writer.Write(ctx, map[string]any{"id": id}); err != nil {
			return nil, err
		}
	}
	if err := writer.Close(ctx); err != nil {
		return nil, err
	}
	for end := time.Now().Add(atMost); distinct() < s.Count && time.Now().Before(end) && len(done) == 0; {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(doubles)
	if len(done) > 0 {
		return nil, <-done
	}
	leave()
	<-done
	rows := 0
	for _, n := range times {
		rows += n
	}
	written := writer.Appended() + writer.Duplicates()
	return result{"written": written, "rows": rows, "distinct": len(times), "reconnects": reconnects.Load()}, nil
}

// slow: a reader that takes nothing for a while is cut, and goes on.
func (d *driver) slow(ctx context.Context, s step) (result, error) {
	ids := map[any]bool{}
	rows, reconnects := 0, 0
	options := &weir.SubscribeOptions{OnReconnect: func(error, int) { reconnects++ }}
	for event, err := range d.client.Subscribe(ctx, s.Name, options).Events() {
		if err != nil {
			return nil, err
		}
		batch, ok := event.(weir.Batch)
		if !ok {
			continue
		}
		if rows == 0 {
			time.Sleep(time.Duration(s.StallMs) * time.Millisecond)
		}
		for _, change := range batch.Changes {
			ids[change.Row["id"]] = true
		}
		rows += len(batch.Changes)
		if len(ids) >= s.Count {
			break
		}
	}
	return result{"rows": rows, "distinct": len(ids), "reconnects": reconnects}, nil
}

// stalled: a writer that nobody answers takes only so much.
func (d *driver) stalled(ctx context.Context, s step) (result, error) {
	options := &weir.IngestOptions{BatchRecordsMax: s.Batch, RequestsInFlightMax: s.InFlight}
	writer := d.client.Ingest(ctx, s.Stream, options)
	d.ask("pause")
	var accepted atomic.Int64
	written := make(chan error, 1)
	go func() {
		for id := range s.Count {
			if err := writer.Write(ctx, map[string]any{"id": id}); err != nil {
				written <- err
				return
			}
			accepted.Add(1)
		}
		written <- nil
	}()
	time.Sleep(blocked)
	blockedAt := accepted.Load()
	d.ask("continue")
	err := errors.Join(<-written, writer.Close(ctx))
	return result{"accepted": blockedAt, "appended": writer.Appended()}, err
}

func showSchema(into result, schema weir.Schema) {
	columns := [][]string{}
	for _, column := range schema.Columns {
		columns = append(columns, []string{column.Name, column.Type})
	}
	into["columns"], into["key"], into["mode"] = columns, append([]string{}, schema.Key...), schema.Mode
	into["time"] = nil
	if schema.Time != "" {
		into["time"] = schema.Time
	}
}

func showRow(shown []any, schema weir.Schema, row weir.Row) []any {
	for _, column := range schema.Columns {
		shown = append(shown, show(row[column.Name]))
	}
	return shown
}

// show is a value as JSON, exact: integers and decimals as digits, bytes as hex digits, doubles that JSON lacks by name.
func show(value any) any {
	switch value := value.(type) {
	case nil, bool, string:
		return value
	case int64:
		return strconv.FormatInt(value, 10)
	case float64:
		return showDouble(value)
	case weir.Decimal:
		return string(value)
	case []byte:
		return "0x" + hex.EncodeToString(value)
	case time.Time:
		return strconv.FormatInt(value.UnixMicro(), 10)
	case weir.Date:
		return value.String()
	case weir.TimeOfDay:
		return value.String()
	case weir.Interval:
		return int64(value)
	case json.RawMessage:
		return string(value)
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = show(item)
		}
		return items
	case weir.Map:
		entries := make([]any, len(value))
		for i, entry := range value {
			entries[i] = []any{show(entry.Key), show(entry.Value)}
		}
		return result{"$map": entries}
	case weir.Row:
		fields := result{}
		for name, member := range value {
			fields[name] = show(member)
		}
		return fields
	default:
		panic(fmt.Sprintf("no value of SQL: %T", value))
	}
}

func showDouble(value float64) any {
	switch {
	case math.IsNaN(value):
		return "NaN"
	case math.IsInf(value, 1):
		return "Infinity"
	case math.IsInf(value, -1):
		return "-Infinity"
	case value == 0 && math.Signbit(value):
		return "-0"
	default:
		return value
	}
}

func showDiagnostics(diagnostics []weir.Diagnostic) []result {
	shown := []result{}
	for _, d := range diagnostics {
		shown = append(shown, result{
			"code": d.Code, "severity": d.Severity, "message": d.Message, "hint": d.Hint,
			"line": d.Line, "column": d.Column, "offset": d.Offset, "length": d.Length,
		})
	}
	return shown
}

func valuesFrom(given []json.RawMessage) ([]any, error) {
	values := make([]any, len(given))
	for i, one := range given {
		var value any
		if err := json.Unmarshal(one, &value); err != nil {
			return nil, err
		}
		values[i] = valueFrom(value)
	}
	return values, nil
}

// valueFrom: values that JSON has no form for are objects with one member, which names the type.
func valueFrom(given any) any {
	switch given := given.(type) {
	case float64:
		// Only small integers stand in the cases without a type.
		return int64(given)
	case []any:
		for i, item := range given {
			given[i] = valueFrom(item)
		}
		return given
	case map[string]any:
		for kind, value := range given {
			switch kind {
			case "$int":
				whole, _ := strconv.ParseInt(value.(string), 10, 64)
				return whole
			case "$double":
				return value
			case "$decimal":
				return weir.Decimal(value.(string))
			case "$timestampMillis":
				return time.UnixMilli(int64(value.(float64)))
			case "$bytes":
				bytes, _ := hex.DecodeString(value.(string))
				return bytes
			}
			given[kind] = valueFrom(value)
		}
		return given
	default:
		return given
	}
}
