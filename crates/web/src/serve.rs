//! Serving until told to stop, then finishing what is under way. Prints nothing.

use std::{future::IntoFuture, io, net::SocketAddr, time::Duration};

use tokio::{net::TcpListener, sync::oneshot};

use crate::{health::Health, routes::Site};

/// How long what is under way may take once told to stop.
pub const GRACE: Duration = Duration::from_secs(25);

/// Serves the site on the listener until `shutdown` is done; then `/readyz` says so, no connection is taken any more, and
/// requests under way have 25 seconds.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    site: Site,
    health: Health,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let app = site.into_router().into_make_service_with_connect_info::<SocketAddr>();
    let (told, stopping) = oneshot::channel::<()>();
    let signal = async move {
        shutdown.await;
        health.drain();
        // Nobody listens any more only when serving has ended already.
        let _ = told.send(());
    };
    let serving = axum::serve(listener, app).with_graceful_shutdown(signal).into_future();
    let overdue = async {
        // An error means that serving ended first: then this branch must not win.
        match stopping.await {
            Ok(()) => tokio::time::sleep(GRACE).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = serving => ended,
        () = overdue => {
            tracing::warn!("requests were still under way after 25 s and are cut off");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use kernel::{Class, Text};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::*;
    use crate::{
        metrics::Metrics,
        routes::{RouteInfo, Routes},
    };

    #[tokio::test]
    async fn what_is_under_way_is_finished_and_then_it_ends() {
        let info = RouteInfo::new(
            Method::GET,
            "/slow",
            "slow",
            Text::new("慢", "slow"),
            ("web", "open", Class::Public),
        );
        let site = Routes::new()
            .add(info, || async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                "finished"
            })
            .finish()
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let health = Health::new(Metrics::new("0", "0").unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(serve(listener, site, health.clone(), async {
            let _ = stopped.await;
        }));
        let mut caller = TcpStream::connect(address).await.unwrap();
        caller
            .write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        stop.send(()).unwrap();
        let mut answer = String::new();
        caller.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("finished"), "{answer}");
        assert!(serving.await.unwrap().is_ok());
        assert!(health.is_draining());
        assert!(TcpStream::connect(address).await.is_err());
    }
}
