import React from 'react';
import { createBrowserRouter, createRoutesFromElements, Outlet, Route, redirect } from 'react-router-dom';
import { Room } from '../features/room';
import { getFallbackSession } from '../state/sessions';
import { Login } from './auth';
import { ClientLayout, ClientRoot, Home } from './client';

export const createRouter = () =>
  createBrowserRouter(
    createRoutesFromElements(
      <Route>
        <Route index loader={() => redirect(getFallbackSession() ? '/home' : '/login')} />
        <Route path="/login" loader={() => (getFallbackSession() ? redirect('/home') : null)} element={<Login />} />
        <Route
          loader={() => (getFallbackSession() ? null : redirect('/login'))}
          element={
            <ClientRoot>
              <ClientLayout>
                <Outlet />
              </ClientLayout>
            </ClientRoot>
          }
        >
          <Route path="/home" element={<Home />} />
          <Route path="/home/:roomId" element={<Room />} />
        </Route>
        <Route path="/*" element={<p>Page not found</p>} />
      </Route>,
    ),
  );
