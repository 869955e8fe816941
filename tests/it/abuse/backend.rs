//! The app's backend: one kept connection, one request after the other.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::process::{Process, SERVER_KEY};
use crate::server::{Answer, converse};

pub(crate) struct Backend {
    stream: BufReader<TcpStream>,
    key: String,
}

impl Backend {
    pub(crate) async fn of(process: &Process) -> Self {
        Self::with_key(process.address, SERVER_KEY).await
    }

    pub(crate) async fn with_key(address: SocketAddr, key: &str) -> Self {
        let tcp = TcpStream::connect(address).await.unwrap();
        tcp.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::new(tcp),
            key: key.to_owned(),
        }
    }

    pub(crate) async fn ask(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let asked = self.try_ask(method, path, body).await;
        asked.unwrap()
    }

    /// Fails when the server goes away; then nothing was answered.
    pub(crate) async fn try_ask(
        &mut self,
        method: &str,
        path: &str,
        body: &str,
    ) -> std::io::Result<Answer> {
        let (key, length) = (&self.key, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.stream.write_all(request.as_bytes()).await?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        let mut answer = Answer::read(head.as_bytes());
        let length = answer.header("content-length").parse().unwrap_or(0);
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        answer.body = String::from_utf8(body).unwrap();
        Ok(answer)
    }

    /// Lines of an import, up to the last answer.
    pub(crate) async fn import(&mut self, lines: &str) -> Answer {
        let (key, length) = (&self.key, lines.len());
        let address = self.stream.get_ref().peer_addr().unwrap();
        let request = format!(
            "POST /v1/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/x-ndjson\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{lines}"
        );
        converse(
            TcpStream::connect(address).await.unwrap(),
            request.as_bytes(),
        )
        .await
    }

    pub(crate) async fn befriend(&mut self, one: &str, other: &str) {
        let path = format!("/v1/users/{one}/friends/{other}");
        let answer = self.ask("PUT", &path, "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    pub(crate) async fn place(&mut self, user: &str, lat: f64, lon: f64) {
        let path = format!("/v1/users/{user}/position");
        let body = format!(r#"{{"lat":{lat:.7},"lon":{lon:.7}}}"#);
        let answer = self.ask("POST", &path, &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}
