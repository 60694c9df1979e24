// Package weir is the Go client of Weir: streaming SQL over gRPC. Send a query, get its results as they change.
package weir

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"maps"
	"sync"
	"time"

	"google.golang.org/grpc"
	grpcbackoff "google.golang.org/grpc/backoff"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"

	"weir.dev/client/internal/weirv1"
)

// Options of a connection.
type Options struct {
	// TLS encrypts the connection, where it is not nil; with Certificates it shows who calls.
	TLS *tls.Config
	// Token is sent as "authorization: Bearer …" with each call, and asked for each time.
	Token func(context.Context) (string, error)
	// ConnectTimeout is the time to reach the server; 0: 10 s.
	ConnectTimeout time.Duration
	// CallTimeout is the time for one answer where the context has no deadline; 0: 30 s. Streams have none.
	CallTimeout time.Duration
	// Settings of the session, as SET makes them.
	Settings    map[string]string
	DialOptions []grpc.DialOption
}

const (
	connectTimeout = 10 * time.Second
	callTimeout    = 30 * time.Second
	keepaliveTime  = time.Minute
	// receiveBytesMax: rows may be wide; a batch of them is about 256 KiB.
	receiveBytesMax = 64 << 20
)

// serviceConfig: reads are tried again when the server is away for a moment; a script may have run, so it is not.
const serviceConfig = `{"methodConfig": [{
  "name": [
    {"service": "weir.v1.CatalogService"},
    {"service": "weir.v1.QueryService", "method": "Validate"},
    {"service": "weir.v1.QueryService", "method": "Explain"},
    {"service": "weir.v1.QueryService", "method": "ListQueries"},
    {"service": "weir.v1.QueryService", "method": "DescribeQuery"},
    {"service": "weir.v1.QueryService", "method": "AnalyzeQuery"}
  ],
  "retryPolicy": {
    "maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"]
  }
}]}`

// Client is a connection to one server. Safe for several goroutines.
type Client struct {
	conn          *grpc.ClientConn
	options       Options
	queries       weirv1.QueryServiceClient
	subscriptions weirv1.SubscriptionServiceClient
	ingest        weirv1.IngestServiceClient

	mutex    sync.Mutex
	settings map[string]string
}

// Connect connects to host:port; it fails when the server can't be reached in time. Nil options are the defaults.
func Connect(ctx context.Context, address string, options *Options) (*Client, error) {
	client := &Client{}
	if options != nil {
		client.options = *options
	}
	client.settings = maps.Clone(client.options.Settings)
	conn, err := grpc.NewClient(address, client.dialOptions()...)
	if err != nil {
		return nil, err
	}
	if err := ready(ctx, conn, orElse(client.options.ConnectTimeout, connectTimeout)); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("can't reach a server at %s: %w", address, err)
	}
	client.conn = conn
	client.queries = weirv1.NewQueryServiceClient(conn)
	client.subscriptions = weirv1.NewSubscriptionServiceClient(conn)
	client.ingest = weirv1.NewIngestServiceClient(conn)
	return client, nil
}

func (c *Client) dialOptions() []grpc.DialOption {
	transport := insecure.NewCredentials()
	if c.options.TLS != nil {
		transport = credentials.NewTLS(c.options.TLS)
	}
	connect := grpc.ConnectParams{
		// A server that is back is found within seconds, not minutes.
		Backoff:           grpcbackoff.Config{BaseDelay: backoffFirst, Multiplier: 2, Jitter: 0.2, MaxDelay: backoffMost},
		MinConnectTimeout: backoffMost,
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithConnectParams(connect),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepaliveTime}),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(receiveBytesMax)),
	}
	return append(options, c.options.DialOptions...)
}

func ready(ctx context.Context, conn *grpc.ClientConn, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn.Connect()
	for state := conn.GetState(); state != connectivity.Ready; state = conn.GetState() {
		if !conn.WaitForStateChange(ctx, state) {
			return ctx.Err()
		}
		conn.Connect()
	}
	return nil
}

// Close ends the connection, and what runs over it.
func (c *Client) Close() error { return c.conn.Close() }

// Settings of the session: those given to Connect, changed by every SET that Execute has run.
func (c *Client) Settings() map[string]string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return maps.Clone(c.settings)
}

// StatementResult is what one statement of a script did; which members are set, Kind tells: done, table, text or rows.
type StatementResult struct {
	Kind string
	// Statement is which one, such as CREATE STREAM.
	Statement string
	Message   string
	Text      string
	// Columns and Cells of a table of texts.
	Columns []string
	Cells   [][]string
	// Schema and Rows of a SELECT that ended by itself.
	Schema Schema
	Rows   []Row
}

// Execute runs a script; it stops at the first statement that fails, with an Error that has diagnostics.
func (c *Client) Execute(ctx context.Context, sql string, parameters ...any) ([]StatementResult, error) {
	values, err := writeParameters(parameters)
	if err != nil {
		return nil, err
	}
	ctx, cancel, err := c.unary(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	request := &weirv1.ExecuteRequest{Sql: sql, Parameters: values, Settings: c.Settings()}
	answer, err := c.queries.Execute(ctx, request)
	if err != nil {
		return nil, toError(err)
	}
	c.mutex.Lock()
	c.settings = answer.GetSettings()
	c.mutex.Unlock()
	results := make([]StatementResult, len(answer.GetResults()))
	for i, result := range answer.GetResults() {
		results[i] = readStatement(result)
	}
	return results, nil
}

// Validate gives everything that is wrong with a text, without running it.
func (c *Client) Validate(ctx context.Context, sql string) ([]Diagnostic, error) {
	ctx, cancel, err := c.unary(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	answer, err := c.queries.Validate(ctx, &weirv1.ValidateRequest{Sql: sql})
	if err != nil {
		return nil, toError(err)
	}
	diagnostics := make([]Diagnostic, len(answer.GetDiagnostics()))
	for i, wire := range answer.GetDiagnostics() {
		span := wire.GetSpan()
		diagnostics[i] = Diagnostic{
			Code: wire.GetCode(), Severity: severity(wire.GetSeverity()), Message: wire.GetMessage(), Hint: wire.GetHint(),
			Line: int(span.GetLine()), Column: int(span.GetColumn()),
			Offset: int(span.GetStart()), Length: int(span.GetEnd() - span.GetStart()),
		}
	}
	return diagnostics, nil
}

// Explain shows how one statement would run.
func (c *Client) Explain(ctx context.Context, sql string, parameters ...any) (string, error) {
	values, err := writeParameters(parameters)
	if err != nil {
		return "", err
	}
	ctx, cancel, err := c.unary(ctx)
	if err != nil {
		return "", err
	}
	defer cancel()
	answer, err := c.queries.Explain(ctx, &weirv1.ExplainRequest{Sql: sql, Parameters: values, Settings: c.Settings()})
	if err != nil {
		return "", toError(err)
	}
	return answer.GetText(), nil
}

// Query is one SELECT or PRINT. It is sent when the result is iterated; the deadline of the context is its own.
func (c *Client) Query(ctx context.Context, sql string, parameters ...any) *Result {
	return &Result{ctx, func(ctx context.Context) (receiver, error) {
		values, err := writeParameters(parameters)
		if err != nil {
			return nil, err
		}
		if ctx, err = c.withToken(ctx); err != nil {
			return nil, err
		}
		request := &weirv1.QueryRequest{Sql: sql, Parameters: values, Settings: c.Settings()}
		call, err := c.queries.Query(ctx, request)
		return func() (response, error) { return call.Recv() }, err
	}}
}

// Subscribe follows the results of a materialized view; it connects again by itself and goes on where it was. Nil options are the
// defaults.
func (c *Client) Subscribe(ctx context.Context, name string, options *SubscribeOptions) *Subscription {
	subscription := &Subscription{ctx: ctx}
	if options != nil {
		subscription.options = *options
	}
	subscription.token.Store(subscription.options.ResumeToken)
	subscription.open = func(ctx context.Context, token string) (receiver, error) {
		request := &weirv1.SubscribeRequest{Name: name, ResumeToken: token}
		if token == "" {
			request.Snapshot = weirv1.SnapshotMode_SNAPSHOT_MODE_INCLUDE
			if subscription.options.SkipSnapshot {
				request.Snapshot = weirv1.SnapshotMode_SNAPSHOT_MODE_SKIP
			}
		}
		ctx, err := c.withToken(ctx)
		if err != nil {
			return nil, err
		}
		call, err := c.subscriptions.Subscribe(ctx, request)
		return func() (response, error) { return call.Recv() }, err
	}
	return subscription
}

// Ingest gives a writer of records: Flush it, and Close it. It lives until then, or until the context ends. Nil options are the
// defaults.
func (c *Client) Ingest(ctx context.Context, stream string, options *IngestOptions) *Writer {
	writer := &Writer{stream: stream, done: make(chan struct{}), changed: make(chan struct{})}
	if options != nil {
		writer.options = *options
	}
	if writer.options.ProducerID == "" {
		writer.options.ProducerID = rand.Text()
	}
	writer.options.BatchRecordsMax = orElse(writer.options.BatchRecordsMax, batchRecordsMax)
	writer.options.RequestsInFlightMax = orElse(writer.options.RequestsInFlightMax, requestsInFlightMax)
	writer.next = writer.options.FirstSequence
	writer.ctx, writer.cancel = context.WithCancel(ctx)
	writer.open = func(ctx context.Context) (grpc.BidiStreamingClient[weirv1.IngestRequest, weirv1.IngestResponse], error) {
		ctx, err := c.withToken(ctx)
		if err != nil {
			return nil, err
		}
		return c.ingest.Ingest(ctx)
	}
	go writer.run()
	return writer
}

// unary gives the context of one call, with a deadline.
func (c *Client) unary(ctx context.Context) (context.Context, context.CancelFunc, error) {
	ctx, err := c.withToken(ctx)
	if err != nil {
		return nil, nil, err
	}
	if _, has := ctx.Deadline(); has {
		return ctx, func() {}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, orElse(c.options.CallTimeout, callTimeout))
	return ctx, cancel, nil
}

func (c *Client) withToken(ctx context.Context) (context.Context, error) {
	if c.options.Token == nil {
		return ctx, nil
	}
	token, err := c.options.Token(ctx)
	if err != nil {
		return nil, err
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), nil
}

func readStatement(wire *weirv1.StatementResult) StatementResult {
	result := StatementResult{Statement: wire.GetStatement()}
	switch kind := wire.GetResult().(type) {
	case *weirv1.StatementResult_Table:
		result.Kind, result.Columns = "table", kind.Table.GetColumns()
		for _, row := range kind.Table.GetRows() {
			result.Cells = append(result.Cells, row.GetCells())
		}
	case *weirv1.StatementResult_Text:
		result.Kind, result.Text = "text", kind.Text
	case *weirv1.StatementResult_Rows:
		result.Kind, result.Schema = "rows", readSchema(kind.Rows.GetSchema())
		for _, row := range kind.Rows.GetBatch().GetRows() {
			result.Rows = append(result.Rows, readRow(kind.Rows.GetSchema().GetColumns(), row.GetValues()))
		}
	default:
		result.Kind, result.Message = "done", wire.GetMessage()
	}
	return result
}

func severity(wire weirv1.Diagnostic_Severity) string {
	switch wire {
	case weirv1.Diagnostic_SEVERITY_WARNING:
		return "warning"
	case weirv1.Diagnostic_SEVERITY_NOTE:
		return "note"
	default:
		return "error"
	}
}

func orElse[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}
