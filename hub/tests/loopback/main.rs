//! A real hub and real sockets on loopback.
#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is a failed test")]

mod admin_hosts;
mod alerts;
mod badge;
mod channels;
mod command;
mod floods;
mod frames;
mod ids;
mod influxdb;
mod killed;
mod notify;
mod occurrences;
mod ostara;
mod pages;
mod past;
mod people;
mod protocol;
mod realtime;
mod renewal;
mod rest;
mod rules;
mod secrets;
mod stomp;
mod strangers;
mod support;
mod takeover;
mod telegraf;
mod unread;
mod watch;
