//! The text: every name with what it means, in the order in which one would look.
//!
//! Counters are told without the `_total` that OpenMetrics asks for, so they have the names that
//! dashboards for Centrifugo look for; the plain text of Prometheus allows that.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::count::{Counts, Durations, Summed};
use super::snapshot::State;
use super::{Label, Levels, Metrics, Tally, process};

pub(super) fn text(metrics: &Arc<Metrics>, levels: &Levels) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Scrape {
        metrics: Arc::clone(metrics),
        levels: *levels,
    }));
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry)
        .expect("a String takes everything");
    text
}

#[derive(Debug)]
struct Scrape {
    metrics: Arc<Metrics>,
    levels: Levels,
}

impl Collector for Scrape {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        self.levels(&mut page)?;
        self.messages(&mut page)?;
        self.transport(&mut page)?;
        self.broker(&mut page)?;
        self.snapshot(&mut page)?;
        self.rest(&mut page)
    }
}

impl Scrape {
    fn levels(&self, page: &mut Page<'_>) -> fmt::Result {
        let levels = &self.levels;
        let version = [("version", env!("CARGO_PKG_VERSION").to_owned())];
        page.gauge("nearcast_build_info", "Always 1", &version, 1)?;
        let gauges = [
            ("nearcast_node_num_clients", "WebSockets", levels.clients),
            (
                "nearcast_node_num_connections",
                "Connections, upgraded or not",
                levels.connections,
            ),
            (
                "nearcast_broker_residents",
                "Users in the world",
                levels.residents,
            ),
            (
                "nearcast_broker_edges_used",
                "Room taken for edges",
                levels.edges_used,
            ),
        ];
        for (name, help, value) in gauges {
            page.gauge(name, help, &[], value as u64)?;
        }
        for (name, help, value) in process::figures() {
            page.gauge(name, help, &[], value)?;
        }
        Ok(())
    }

    fn messages(&self, page: &mut Page<'_>) -> fmt::Result {
        page.counts(
            "nearcast_node_messages_received_count",
            "Messages of clients",
            |method| self.sum(|tally| &tally.received, method),
            as_type,
        )?;
        page.counts(
            "nearcast_node_messages_sent_count",
            "Messages to clients",
            |said| self.sum(|tally| &tally.sent, said),
            Label::pairs,
        )?;
        page.durations(
            "nearcast_client_command_duration_seconds",
            "Time from a whole message to its answer",
            |method| self.summed(|tally| &tally.commands, method),
        )?;
        page.counts(
            "nearcast_client_num_reply_errors",
            "Commands refused",
            |code| self.sum(|tally| &tally.errors, code),
            Label::pairs,
        )?;
        page.counts(
            "nearcast_client_num_server_disconnects",
            "Sessions closed by the server",
            |code| self.sum(|tally| &tally.closes, code),
            Label::pairs,
        )
    }

    fn transport(&self, page: &mut Page<'_>) -> fmt::Result {
        page.counts(
            "nearcast_transport_connect_count",
            "Sessions opened",
            |encoding| self.sum(|tally| &tally.connects, encoding),
            Label::pairs,
        )?;
        page.counts(
            "nearcast_transport_messages_sent_size",
            "Bytes sent to sessions",
            |encoding| self.sum(|tally| &tally.bytes_sent, encoding),
            Label::pairs,
        )?;
        page.counts(
            "nearcast_transport_messages_received_size",
            "Bytes received from sessions",
            |encoding| self.sum(|tally| &tally.bytes_received, encoding),
            Label::pairs,
        )?;
        page.counts(
            "nearcast_transport_handshake_count",
            "Handshakes of WebSockets",
            |outcome| self.metrics.handshakes.get(outcome),
            Label::pairs,
        )?;
        page.counts(
            "nearcast_client_resume_count",
            "Sessions that clients came back for",
            |outcome| self.sum(|tally| &tally.resumes, outcome),
            Label::pairs,
        )
    }

    fn broker(&self, page: &mut Page<'_>) -> fmt::Result {
        page.counts(
            "nearcast_broker_moves_count",
            "Positions taken, and not",
            |outcome| self.sum(|tally| &tally.moves, outcome),
            Label::pairs,
        )?;
        page.durations(
            "nearcast_broker_sweep_duration_seconds",
            "Time of one sweep of one worker",
            |none| self.summed(|tally| &tally.sweeps, none),
        )?;
        page.counts(
            "nearcast_broker_frames_sent_count",
            "Frames of changes",
            |none| self.sum(|tally| &tally.frames, none),
            Label::pairs,
        )?;
        page.counts(
            "nearcast_broker_marks_dropped_count",
            "Marks that did not fit; each time a worker looked at everybody",
            |()| self.levels.marks_dropped,
            Label::pairs,
        )?;
        page.counts(
            "nearcast_node_orders_lost_count",
            "Messages to sessions from outside their worker that it did not take in time",
            |()| self.levels.orders_lost,
            Label::pairs,
        )
    }

    fn snapshot(&self, page: &mut Page<'_>) -> fmt::Result {
        let snapshot = &self.metrics.snapshot;
        let now = snapshot.now(self.levels.now_ms);
        let up = u64::from(matches!(now.state, State::Writing(_)));
        let gauges = [
            (
                "nearcast_snapshot_up",
                "1 while positions are kept in Redis",
                up,
            ),
            (
                "nearcast_snapshot_lag_milliseconds",
                "Time since a round began that kept all there was",
                now.lag_ms,
            ),
            (
                "nearcast_snapshot_pending_erasures",
                "Erasures that Redis has not confirmed",
                now.pending_erasures,
            ),
        ];
        for (name, help, value) in gauges {
            page.gauge(name, help, &[], value)?;
        }
        let counts = [
            (
                "nearcast_snapshot_rounds_count",
                "Rounds of writing",
                &snapshot.rounds,
            ),
            (
                "nearcast_snapshot_changes_count",
                "Users written",
                &snapshot.changes,
            ),
            (
                "nearcast_snapshot_errors_count",
                "What Redis refused or did not answer",
                &snapshot.errors,
            ),
            (
                "nearcast_snapshot_restored_count",
                "Users brought back at the start",
                &snapshot.restored,
            ),
            (
                "nearcast_snapshot_malformed_count",
                "Entries found that are not as we keep them",
                &snapshot.malformed,
            ),
            (
                "nearcast_snapshot_expired_count",
                "Users taken out whose time was over",
                &snapshot.expired,
            ),
            (
                "nearcast_snapshot_erased_count",
                "Users taken out who were erased",
                &snapshot.erased,
            ),
        ];
        for (name, help, counted) in counts {
            page.counts(name, help, |none| counted.get(none), Label::pairs)?;
        }
        page.durations(
            "nearcast_snapshot_round_duration_seconds",
            "Time of a round",
            |none| {
                let mut sum = Summed::default();
                snapshot.round.add_to(&mut sum, none);
                sum
            },
        )
    }

    fn rest(&self, page: &mut Page<'_>) -> fmt::Result {
        let metrics = &self.metrics;
        page.counts(
            "nearcast_limit_reached_count",
            "Times that somebody reached a limit, by its key",
            |limit| metrics.limits.get(limit),
            Label::pairs,
        )?;
        page.durations(
            "nearcast_store_duration_seconds",
            "Time that the account store took",
            |call| {
                let mut sum = Summed::default();
                metrics.store.add_to(&mut sum, call);
                sum
            },
        )?;
        page.counts(
            "nearcast_store_failed_count",
            "Calls of the account store that failed",
            |call| metrics.store_failed.get(call),
            Label::pairs,
        )?;
        self.requests(page)
    }

    fn requests(&self, page: &mut Page<'_>) -> fmt::Result {
        let mut answers = Vec::new();
        self.metrics.routes.each(|route, method, status, count| {
            let pairs = vec![
                ("route", route.to_owned()),
                ("method", method.to_owned()),
                ("status", status.to_string()),
            ];
            answers.push((pairs, count));
        });
        page.counted("nearcast_http_requests_count", "Requests answered", answers)
    }

    fn sum<L: Label>(&self, counts: impl Fn(&Tally) -> &Counts<L>, label: L) -> u64 {
        let tallies = self.metrics.tallies.iter();
        tallies.map(|tally| counts(tally).get(label)).sum()
    }

    fn summed<L: Label>(&self, durations: impl Fn(&Tally) -> &Durations<L>, label: L) -> Summed {
        let mut sum = Summed::default();
        for tally in &self.metrics.tallies {
            durations(tally).add_to(&mut sum, label);
        }
        sum
    }
}

type Pairs = Vec<(&'static str, String)>;

/// Messages are told apart by `type` in both directions.
fn as_type(method: super::Method) -> Pairs {
    let pairs = method.pairs().into_iter();
    pairs.map(|(_, value)| ("type", value)).collect()
}

struct Page<'e>(DescriptorEncoder<'e>);

impl Page<'_> {
    fn gauge(
        &mut self,
        name: &str,
        help: &str,
        pairs: &[(&'static str, String)],
        value: u64,
    ) -> fmt::Result {
        let mut metric = self
            .0
            .encode_descriptor(name, help, None, MetricType::Gauge)?;
        if pairs.is_empty() {
            return metric.encode_gauge(&value);
        }
        metric.encode_family(&pairs)?.encode_gauge(&value)
    }

    fn counts<L: Label>(
        &mut self,
        name: &str,
        help: &str,
        count: impl Fn(L) -> u64,
        pairs: impl Fn(L) -> Pairs,
    ) -> fmt::Result {
        let all = L::ALL.iter().map(|label| (pairs(*label), count(*label)));
        self.counted(name, help, all)
    }

    fn counted(
        &mut self,
        name: &str,
        help: &str,
        counts: impl IntoIterator<Item = (Pairs, u64)>,
    ) -> fmt::Result {
        let mut metric = self
            .0
            .encode_descriptor(name, help, None, MetricType::Counter)?;
        for (pairs, count) in counts {
            // As a gauge, which has no suffix.
            if pairs.is_empty() {
                metric.encode_gauge(&count)?;
            } else {
                metric.encode_family(&pairs)?.encode_gauge(&count)?;
            }
        }
        Ok(())
    }

    fn durations<L: Label>(
        &mut self,
        name: &str,
        help: &str,
        summed: impl Fn(L) -> Summed,
    ) -> fmt::Result {
        let mut metric = self
            .0
            .encode_descriptor(name, help, None, MetricType::Histogram)?;
        for label in L::ALL {
            let Summed { seconds, buckets } = summed(*label);
            let count = buckets.iter().map(|bucket| bucket.1).sum();
            let pairs = label.pairs();
            if pairs.is_empty() {
                metric.encode_histogram::<NoLabelSet>(seconds, count, &buckets, None)?;
            } else {
                let mut metric = metric.encode_family(&pairs)?;
                metric.encode_histogram::<NoLabelSet>(seconds, count, &buckets, None)?;
            }
        }
        Ok(())
    }
}
