//! A connection as a phone has it: perhaps over a slow link, and every byte that comes is counted.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// So much of a slow link's second passes at once.
const TICKS: u32 = 10;

pub(super) struct Wire<S> {
    stream: S,
    read: Arc<AtomicU64>,
    slow: Option<Slow>,
}

/// A link that carries so much in a tick, and then nothing until the next.
struct Slow {
    each_tick: usize,
    left: usize,
    tick: Pin<Box<Sleep>>,
}

impl<S> Wire<S> {
    /// `read`: where bytes are counted. `bytes_per_s`: no more than so many are read.
    pub(super) fn new(stream: S, read: Arc<AtomicU64>, bytes_per_s: Option<u32>) -> Self {
        let slow = bytes_per_s.map(|bytes| {
            let each_tick = (bytes / TICKS).max(1) as usize;
            Slow {
                each_tick,
                left: each_tick,
                tick: Box::pin(sleep_until(Instant::now())),
            }
        });
        Self { stream, read, slow }
    }
}

impl Slow {
    /// How much may be read now.
    fn allowance(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        if self.left == 0 {
            ready!(self.tick.as_mut().poll(cx));
            self.left = self.each_tick;
        }
        Poll::Ready(self.left)
    }

    fn spend(&mut self, bytes: usize) {
        self.left -= bytes;
        if self.left == 0 {
            let next = Instant::now() + Duration::from_secs(1) / TICKS;
            self.tick.as_mut().reset(next);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        let before = into.filled().len();
        match &mut me.slow {
            None => ready!(Pin::new(&mut me.stream).poll_read(cx, into))?,
            Some(slow) => {
                let room = ready!(slow.allowance(cx)).min(into.remaining());
                let mut some = ReadBuf::new(into.initialize_unfilled_to(room));
                ready!(Pin::new(&mut me.stream).poll_read(cx, &mut some))?;
                let count = some.filled().len();
                into.advance(count);
                slow.spend(count);
            }
        }
        let count = into.filled().len() - before;
        me.read.fetch_add(count as u64, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_slow_link_carries_so_many_bytes_a_second_and_all_are_counted() {
        let (mut server, phone) = tokio::io::duplex(1 << 16);
        let read = Arc::new(AtomicU64::new(0));
        let mut phone = Wire::new(phone, Arc::clone(&read), Some(1000));
        server.write_all(&[7; 5000]).await.unwrap();
        let began = Instant::now();
        let mut got = vec![0; 5000];
        phone.read_exact(&mut got).await.unwrap();
        let took = began.elapsed().as_secs_f64();
        assert!((4.5..5.1).contains(&took), "{took} s");
        assert_eq!(read.load(Ordering::Relaxed), 5000);
    }

    #[tokio::test(start_paused = true)]
    async fn another_link_waits_for_nothing() {
        let (mut server, phone) = tokio::io::duplex(1 << 16);
        let mut phone = Wire::new(phone, Arc::default(), None);
        server.write_all(&[7; 5000]).await.unwrap();
        let began = Instant::now();
        phone.read_exact(&mut vec![0; 5000]).await.unwrap();
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
